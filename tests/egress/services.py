"""Counterparts of the egress suite that are not somebody's product: a recorder, and a relay that changes bodies."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Answers that satisfy the clients, by the end of the path.
ANSWERS = {
    "/chat/completions": {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "/messages": {
        "id": "1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "hello"}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    ":generateContent": {"candidates": [{"content": {"role": "model", "parts": [{"text": "hello"}]}}]},
    "/query": {"matches": [], "namespace": "", "usage": {"readUnits": 1}},
}
EVENTS = [
    {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
     "choices": [{"index": 0, "delta": {"content": part}, "finish_reason": None}]}
    for part in ("hel", "lo")
]


class Recorder:
    """Answers every request and remembers its head."""

    def __init__(self):
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if b'"stream": true' in body or b'"stream":true' in body:
                    return self.send("text/event-stream", b"".join(
                        b"data: " + json.dumps(event).encode() + b"\n\n" for event in EVENTS) + b"data: [DONE]\n\n")
                path = self.path.split("?")[0]
                answer = next((value for end, value in ANSWERS.items() if path.endswith(end)), {"ok": True})
                self.send("application/json", json.dumps(answer).encode())

            def send(self, kind, body):
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("x-elastic-product", "Elasticsearch")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.port = serve(Handler)

    def last(self):
        return self.seen[-1]


def tampering_relay(port):
    """Passes requests on with one byte more in the body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])) + b" "
            headers = {k: v for k, v in self.headers.items() if k.lower() != "content-length"}
            upstream = http.client.HTTPConnection("127.0.0.1", port)
            upstream.request("POST", self.path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return serve(Handler)


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        """Clients that hang up are no failure."""


def serve(handler):
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
