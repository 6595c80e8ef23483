-- One connection of every type, with made-up credentials, and everything that can be done with it.
-- Run it as often as you like: it works in a database of its own, and leaves nothing behind.

CREATE DATABASE IF NOT EXISTS quickstart;
USE quickstart;

-- Models and embeddings: one API key each.
CREATE OR REPLACE CONNECTION chat_openai COMMENT 'chat completions, owner: search team' WITH (
  'type' = 'openai',
  'endpoint' = 'https://api.openai.com/v1/chat/completions',
  'api-key' = 'made-up-openai-7f3kq9'
);
CREATE OR REPLACE CONNECTION `chat-azure` WITH (
  'type' = 'azureopenai',
  'endpoint' = 'https://proj.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=2025-01-01-preview',
  'api-key' = 'made-up-azure-2m8xw4'
);
CREATE OR REPLACE CONNECTION `scoring-aml` COMMENT 'fraud scoring, owner: risk team' WITH (
  'type' = 'azureml',
  'endpoint' = 'https://ws1.westeurope.inference.ml.azure.com/score',
  'api_key' = 'made-up-azureml-5t1bz6'
);
CREATE OR REPLACE CONNECTION claude WITH (
  'type' = 'anthropic',
  'endpoint' = 'https://api.anthropic.com/v1/messages',
  'api-key' = 'made-up-anthropic-9d4hj2'
);
CREATE OR REPLACE CONNECTION fireworks WITH (
  'type' = 'fireworksai',
  'endpoint' = 'https://api.fireworks.ai/inference/v1/chat/completions',
  'api-key' = 'made-up-fireworks-3v7cn8'
);
CREATE OR REPLACE CONNECTION gemini WITH (
  'type' = 'googleai',
  'endpoint' = 'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent',
  'api-key' = 'made-up-googleai-6k2rs5'
);

-- A Google service account is a JSON document; it may span lines.
CREATE OR REPLACE CONNECTION `vertex-forecast` WITH (
  'type' = 'vertexai',
  'endpoint' = 'https://us-central1-aiplatform.googleapis.com/v1/projects/demo/locations/us-central1/publishers/google/models/gemini:generateContent',
  'service-key' = '{
    "type": "service_account",
    "project_id": "demo",
    "private_key": "made-up-service-key-8w1ym3",
    "client_email": "demo@demo.iam.gserviceaccount.com"
  }'
);

-- AWS: an access key and its secret, with a session token where the credential is temporary.
CREATE OR REPLACE CONNECTION titan WITH (
  'type' = 'bedrock',
  'endpoint' = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v1/invoke',
  'aws-access-key' = 'made-up-access-id-4p6gt1',
  'aws-secret-key' = 'made-up-aws-secret-1z9lk7',
  'aws-session-token' = 'made-up-session-7n3vd2'
);
CREATE OR REPLACE CONNECTION scorer WITH (
  'type' = 'sagemaker',
  'endpoint' = 'https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/scorer/invocations',
  'aws-access-key' = 'made-up-access-id-8s2fq5',
  'aws-secret-key' = 'made-up-aws-secret-5x4bm9'
);
CREATE OR REPLACE CONNECTION vectors WITH (
  'type' = 's3vectors',
  'endpoint' = 'https://s3vectors.us-east-1.api.aws',
  'aws-access-key' = 'made-up-access-id-3h7jw6',
  'aws-secret-key' = 'made-up-aws-secret-9c1tp4'
);

-- Databases and search.
CREATE OR REPLACE CONNECTION `films-mongo` WITH (
  'type' = 'mongodb',
  'endpoint' = 'mongodb+srv://cluster0.mongodb.net/films',
  'username' = 'made-up-user-2k8zr3',
  'password' = 'made-up-mongo-6y5nx1'
);
CREATE OR REPLACE CONNECTION `cb-orders` WITH (
  'type' = 'couchbase',
  'endpoint' = 'couchbases://orders.cloud.couchbase.com',
  'username' = 'made-up-user-9f4lc7',
  'password' = 'made-up-couchbase-1q7wv8'
);
CREATE OR REPLACE CONNECTION `stock-pg` WITH (
  'type' = 'confluent_jdbc',
  'endpoint' = 'jdbc:postgresql://pg.example.com:5432/stock',
  'username' = 'made-up-user-5b3gd2',
  'password' = 'made-up-jdbc-''quoted''-4m6hk9'
);
CREATE OR REPLACE CONNECTION `docs-elastic` WITH (
  'type' = 'elastic',
  'endpoint' = 'https://es.example.com:9243',
  'api-key' = 'made-up-elastic-8j2ts5'
);
CREATE OR REPLACE CONNECTION films_pinecone WITH (
  'type' = 'pinecone',
  'endpoint' = 'https://films-a1b2c3.svc.us-east-1.pinecone.io/query',
  'api-key' = 'made-up-pinecone-3r9xb6'
);
CREATE OR REPLACE CONNECTION `claims-cosmos` WITH (
  'type' = 'cosmosdb',
  'endpoint' = 'https://acct.documents.azure.com:443/',
  'api-key' = 'made-up-cosmos-7l5vz1'
);

-- Services, tools and agents: a token, a password, OAuth 2, or nothing at all.
CREATE OR REPLACE CONNECTION `crm-rest` WITH (
  'type' = 'rest',
  'endpoint' = 'https://api.crm.example.com',
  'token-endpoint' = 'https://login.crm.example.com/oauth2/token',
  'client-id' = 'made-up-client-6d1pw4',
  'client-secret' = 'made-up-oauth-2g8nq7',
  'scope' = 'contacts.read'
);
CREATE OR REPLACE CONNECTION weather_api WITH ('type' = 'rest', 'endpoint' = 'https://api.weather.example.com', 'token' = '');
CREATE OR REPLACE CONNECTION `issues-mcp` WITH (
  'type' = 'mcp_server',
  'endpoint' = 'https://mcp.example.com/mcp',
  'transport-type' = 'STREAMABLE_HTTP',
  'token' = 'made-up-mcp-9t3kj5'
);
CREATE OR REPLACE CONNECTION `travel-agent` WITH (
  'type' = 'a2a',
  'endpoint' = 'https://agent.example.com',
  'username' = 'made-up-user-1v6cs8',
  'password' = 'made-up-a2a-5w2fy3'
);

-- For this session only, in memory only.
CREATE TEMPORARY CONNECTION scratch WITH (
  'type' = 'openai', 'endpoint' = 'http://localhost:11434/v1/chat/completions', 'api-key' = 'made-up-local-4z7bd9'
);

-- Look around: names, one row, everything that may be known.
SHOW CONNECTIONS;
SHOW CONNECTIONS LIKE 'chat%';
DESCRIBE CONNECTION chat_openai;
DESCRIBE CONNECTION EXTENDED `crm-rest`;

-- Rotate a secret; change the way to authenticate; forget a session token; rename.
ALTER CONNECTION `chat-azure` SET ('api-key' = 'made-up-azure-new-8h5lm2');
ALTER CONNECTION `docs-elastic` SET ('username' = 'made-up-user-7q1xt6', 'password' = 'made-up-elastic-new-3p9gv4');
ALTER CONNECTION titan RESET ('aws-session-token');
ALTER CONNECTION claude RENAME TO claude_prod;

-- The statement that made it, but for the secrets: <REDACTED> is refused as a value, so it cannot run by mistake.
SHOW CREATE CONNECTION `docs-elastic`;

-- Clean up.
DROP TEMPORARY CONNECTION scratch;
DROP CONNECTION chat_openai;
DROP CONNECTION `chat-azure`;
DROP CONNECTION `scoring-aml`;
DROP CONNECTION claude_prod;
DROP CONNECTION fireworks;
DROP CONNECTION gemini;
DROP CONNECTION `vertex-forecast`;
DROP CONNECTION titan;
DROP CONNECTION scorer;
DROP CONNECTION vectors;
DROP CONNECTION `films-mongo`;
DROP CONNECTION `cb-orders`;
DROP CONNECTION `stock-pg`;
DROP CONNECTION `docs-elastic`;
DROP CONNECTION films_pinecone;
DROP CONNECTION `claims-cosmos`;
DROP CONNECTION `crm-rest`;
DROP CONNECTION weather_api;
DROP CONNECTION `issues-mcp`;
DROP CONNECTION `travel-agent`;
DROP CONNECTION IF EXISTS `never-was`;
USE default_database;
DROP DATABASE quickstart;
