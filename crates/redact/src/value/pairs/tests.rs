//! Pairs of names and values, as they are written elsewhere than in statements.

use crate::expect::redacted as check;

#[test]
fn values_go_on_where_their_quotes_do() {
    check("SET 'token' = 'made' /* x */'-up';", "SET 'token' = '<REDACTED>';");
    check(r"export TOKEN='made'\''-up'", "export TOKEN='<REDACTED>'");
    check(r"{'token': 'made\', \'up', 'host': 'a'}", "{'token': '<REDACTED>', 'host': 'a'}");
}

#[test]
fn comments_lines_and_calls_may_stand_before_a_value() {
    check("'token' /* x */\n= -- made-up\n'made-up'", "'token' /* x */\n= -- <REDACTED>\n'<REDACTED>'");
    check("'token' ＝ x_utf8'made-up', 'n' = 'x'", "'token' ＝ x_utf8'<REDACTED>', 'n' = 'x'");
    check("'token' = 'made' || '-up', 'n' = 'x'", "'token' = '<REDACTED>', 'n' = 'x'");
    check(r#"{ api_key: Some("made-up"), host: "a" }"#, r#"{ api_key: Some("<REDACTED>"), host: "a" }"#);
    check(
        r#"c.setPassword("made-up"); p.put("api-key", "made-up")"#,
        r#"c.setPassword("<REDACTED>"); p.put("api-key", "<REDACTED>")"#,
    );
    check("api key: made-up-0815", "api key: <REDACTED>");
    check("db.password = made up\nn=1", "db.password = <REDACTED>\nn=1");
}

#[test]
fn quotes_may_be_lost_or_written_twice() {
    check("sql: 'SET ''token'' = ''made-up'''", "sql: 'SET ''token'' = ''<REDACTED>'''");
    check(r#"1,"x ""apikey"" = ""made-up"", y""#, r#"1,"x ""apikey"" = ""<REDACTED>"", y""#);
    check("('token'' = 'made-up', 'n' = 'x')", "('token'' = '<REDACTED>', 'n' = 'x')");
    check("('token' = made-up', 'n' = 'x')", "('token' = <REDACTED>', 'n' = 'x')");
    check(r#"("token" = N"made-up", "n" = "x")"#, r#"("token" = N"<REDACTED>", "n" = "x")"#);
    check("SET ‘a.token’ = ‘made’ /* c */ ‘made-up’;\nx", "SET ‘a.token’ = '<REDACTED>';\nx");
    check("(’token‘ = ’made''up‘, ‘n’ = 1)", "(’token‘ = '<REDACTED>', ‘n’ = 1)");
    check("db> ('token' = 'made'\n -> 'made-up'\n -> );", "db> ('token' = '<REDACTED>'\n\n -> );");
    check("(`token` = `made-up` `made-up`, `n` = `x`)", "(`token` = `<REDACTED>`, `n` = `x`)");
    check(r"(\'token\' = \'made\' \'-up\', \'n\' = \'x\')", r"(\'token\' = \'<REDACTED>\', \'n\' = \'x\')");
    check(r"(\'token\' = U&\'made-up\', \'n\' = \'x\')", r"(\'token\' = U&\'<REDACTED>\', \'n\' = \'x\')");
    check(
        r"(\&#39;token\&#39; = \&#39;made-up\&#39;, 1)",
        r"(\&#39;token\&#39; = \&#39;<REDACTED>\&#39;, 1)",
    );
    check("('password' = madeup'made-up', 'n' = 'x')", "('password' = <REDACTED>', 'n' = 'x')");
    check("SET 'account.key'  N'made-up';", "SET 'account.key'  '<REDACTED>';");
    check("('headers' = X-A: made-up')", "('headers' = <REDACTED>')");
    check("SET 'sql.secrets.mine'  'made-up';", "SET 'sql.secrets.mine'  '<REDACTED>';");
    check(r"e $'SET \'token\' = \'made\'\'-up\';'", r"e $'SET \'token\' = \'<REDACTED>\';'");
}

#[test]
fn blanks_that_nobody_sees_are_blanks() {
    check("('token'\u{3000}=\u{feff} 'made-up')", "('token'\u{3000}=\u{feff} '<REDACTED>')");
}

#[test]
fn literals_in_a_row_are_one_in_strings_too() {
    check(r#"{"q":"SET 'token' = 'made'\n  'made-up';"}"#, r#"{"q":"SET 'token' = '<REDACTED>'\n;"}"#);
    check(
        "s = \"SET 'token' = 'made'\\n\"\n + \"'made-up'\";",
        "s = \"SET 'token' = '<REDACTED>'\\n\"\n + \"\";",
    );
}

#[test]
fn a_value_goes_on_over_strings_prefixes_and_marks() {
    check("s = \"('token' \" + \"= 'made-up');\";", "s = \"('token' \" + \"= '<REDACTED>');\";");
    check("s = \"('token' = \" + \"'made-up');\";", "s = \"('token' = \" + \"'<REDACTED>');\";");
    check(
        "1 s[2]: SET 'token' = 'made\n1 s[2]:   -up'\n1 s[2]:  'made-up';\n1 s[2]: ok",
        "1 s[2]: SET 'token' = '<REDACTED>'\n1 s[2]: \n1 s[2]: ;\n1 s[2]: ok",
    );
    let line = format!("1 s[2]: x {} 'token' = ", "y".repeat(300));
    check(&format!("{line}'made'\n1 s[2]: '-up' )\n"), &format!("{line}'<REDACTED>'\n )\n"));
    check("< SET 'token' = 'made'\n<   '-up';", "< SET 'token' = '<REDACTED>'\n<;");
}

#[test]
fn a_value_in_a_comment_ends_at_a_blank() {
    check("-- password: made'up<|made-up, rotate it", "-- password: <REDACTED>, rotate it");
    check("-- pw=ma4de5up", "-- pw=<REDACTED>");
    check("/* pass: ma4de5up */", "/* pass: <REDACTED> */");
    check("-- old password was made-up99 -- x", "-- old password was <REDACTED> -- x");
    check("/* the api key is ma4de5up */", "/* the api key is <REDACTED> */");
    check("-- Authorization: Bearer ma'de\"up -- x", "-- Authorization: <REDACTED> -- x");
    check("/* password: x'made'u`p\" */", "/* password: <REDACTED>\" */");
    check("/* Authorization: <REDACTED> */", "/* Authorization: <REDACTED> */");
    check("/* Authorization: Bearer ma`de-up */", "/* Authorization: <REDACTED> */");
    check("-- Authrization: Bearer made-up", "-- Authrization: <REDACTED>");
    check("/* token=made\n  made-up */ x", "/* token=<REDACTED>\n */ x");
    check("# rotate key ma4de5up", "# rotate key <REDACTED>");
    let text = "-- the key of orders_api_25726 is the token of node1.a.example";
    check(text, text);
}

#[test]
fn a_host_with_a_port_is_no_pair() {
    check("secrets1.a.example:9092&#39;, token", "secrets1.a.example:9092&#39;, token");
    check("'a.token.x1'='9|made-up'", "'a.token.x1'='<REDACTED>'");
    check("db.password:12345", "db.password:<REDACTED>");
}

#[test]
fn a_user_of_oracle_has_a_password() {
    check("jdbc:oracle:thin:u/made-up@//a.example:1521/X", "jdbc:oracle:thin:<REDACTED>@//a.example:1521/X");
}

#[test]
fn signs_of_a_pair_may_be_encoded() {
    check("&apos;token&apos; = &apos;made-up&apos;, 1", "&apos;token&apos; = &apos;<REDACTED>&apos;, 1");
    check("x=%27token%27+%3D+%27made%2Dup%27&y=1", "x=%27token%27+%3D+%27<REDACTED>%27&y=1");
    check(
        "x=WITH%20%28password%20%3D%20%27made-up%27%29",
        "x=WITH%20%28password%20%3D%20%27<REDACTED>%27%29",
    );
    check("x=set+a.token+%3D+%27made-up%27%3B", "x=set+a.token+%3D+%27<REDACTED>%27%3B");
    check("x=%27passwor%EF%BB%BFd%27%3D%27made-up%27", "x=%27passwor%EF%BB%BFd%27%3D%27<REDACTED>%27");
    check("x=%27headers%27%20%3D%20%27X-A%3A%20made-up%27", "x=%27headers%27%20%3D%20%27<REDACTED>%27");
    check(r"'\''token'\'' = '\''made-up'\''", r"'\''token'\'' = '\''<REDACTED>'\''");
}

#[test]
fn a_value_of_a_connection_string_ends_at_the_next_name() {
    check(
        "Server=a;User Id=sa;Password=made up'\"<x;Encrypt=true",
        "Server=a;User Id=sa;Password=<REDACTED>;Encrypt=true",
    );
}

#[test]
fn an_element_of_a_list_has_its_name_beside_it() {
    check(
        "- name: DB_PASSWORD\n  value: made-up\n- name: HOST\n  value: a",
        "- name: DB_PASSWORD\n  value: <REDACTED>\n- name: HOST\n  value: a",
    );
    check(
        r#"[{"name": "API_TOKEN", "value": "made-up"}]"#,
        r#"[{"name": "API_TOKEN", "value": "<REDACTED>"}]"#,
    );
    check(
        r#"<p name="password" value="made-up"/><p name="host" value="a"/>"#,
        r#"<p name="password" value="<REDACTED>"/><p name="host" value="a"/>"#,
    );
}

#[test]
fn names_may_have_blanks_in_their_quotes() {
    check("SET (' api-key ' = 'made-up')", "SET (' api-key ' = '<REDACTED>')");
}

#[test]
fn what_is_called_like_a_secret_stays() {
    for text in ["kubectl get secret orders_eu_839 -n x", "the token bucket orders-12 is full"] {
        check(text, text);
    }
}

#[test]
fn a_value_may_stand_behind_an_empty_one() {
    check("'password' = '' = 'made-up'", "'password' = '' = '<REDACTED>'");
    check("SET 'sql.secrets.a'= '' ='made up';", "SET 'sql.secrets.a'= '' ='<REDACTED>';");
    let text = "'password' = '', 'topic' = 'a'";
    check(text, text);
}

#[test]
fn a_parser_shows_its_options() {
    let text = |value: &str| format!("SqlOption(key: Quoted(\"password\"), value: Quoted(\"{value}\")) in x");
    check(&text("made-up"), &text("<REDACTED>"));
}
