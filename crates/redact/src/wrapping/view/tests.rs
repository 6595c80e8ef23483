//! Statements inside of what they are wrapped in.

use crate::expect::redacted_for_good as check;

#[test]
fn a_sign_before_an_entry_points_at_nothing() {
    check(
        "ALTER CONNECTION c SET (\n  'username' = 'made-up',\n  ^'password'='made''up'\n);",
        "ALTER CONNECTION c SET (\n  'username' = '<REDACTED>' \n'password'='<REDACTED>'\n);",
    );
}

#[test]
fn statements_are_read_inside_of_what_they_are_wrapped_in() {
    check(
        "GET /q=ALTER%20CONNECTION%20c%20SET%20%28%27x%27%3D%27made-up%27%29&y=1",
        "GET /q=ALTER%20CONNECTION%20c%20SET%20%28%27x%27%3D%27<REDACTED>%27%29&y=1",
    );
    check(
        "q=ALTER+CONNECTION+c+SET+%28%27endpoint%27%3D%27https%3A%2F%2Fa.example%2F%3Ftoken%3Dmade%2540up%27%29&y=1",
        "q=ALTER+CONNECTION+c+SET+%28%27endpoint%27%3D%27https%3A%2F%2Fa.example%2F%3Ftoken%3D<REDACTED>%27%29&y=1",
    );
    check(
        "s=set+%27sql.secrets.x%27++%3D++U%26%27made-up%27%3B&n=1",
        "s=set+%27sql.secrets.x%27++%3D++%27<REDACTED>%27%3B&n=1",
    );
    check(
        "sql=POST+%2Fv1%3Fsql%3DALTER%2BCONNECTION%2Bc%2BSET%2B%2528%2527x%2527%2B%253D%2B%2527made-up%2527%2529",
        "sql=POST+%2Fv1%3Fsql%3DALTER%2BCONNECTION%2Bc%2BSET%2B%2528%2527x%2527%2B%253D%2B%27<REDACTED>%27%2529",
    );
    check(
        "<sql>ALTER CONNECTION c SET (&apos;x&apos; = &apos;made-up&apos;);</sql>",
        "<sql>ALTER CONNECTION c SET (&apos;x&apos; = &apos;<REDACTED>&apos;);</sql>",
    );
    check(
        "1,\"ALTER CONNECTION c\nSET ('x' = '{\"\"k\"\": \"\"made-up\"\"}' 'y');\",2",
        "1,\"ALTER CONNECTION c\nSET ('x' = '<REDACTED>');\",2",
    );
    check(
        "run(\"\"\"ALTER CONNECTION c SET ('x' = '{\"k\": \"made-up\"}' = );\"\"\", 2)",
        "run(\"\"\"ALTER CONNECTION c SET ('<REDACTED>' );\"\"\", 2)",
    );
    check(
        "10:00:01 s[1]: ALTER CONNECTION c\n10:00:02 s[1]:   SET ('x' = 'made-up'\n10:00:02 s[1]: );\n10:00:02 s[1]: 'c' is ok",
        "10:00:01 s[1]: ALTER CONNECTION c\n10:00:02 s[1]:   SET ('x' = '<REDACTED>'\n10:00:02 s[1]: );\n10:00:02 s[1]: 'c' is ok",
    );
    check(
        "10:00:01 s[1]: ALTER CONNECTION c SET ('service-key' = '{\"a\": \"b\",\n10:00:01 s[1]:   \"x\": \"made-up\"\n10:00:01 s[1]: }', 'x' = 'made-up');",
        "10:00:01 s[1]: ALTER CONNECTION c SET ('service-key' = '<REDACTED>'\n\n, 'x' = '<REDACTED>');",
    );
    check(
        "EXECUTE IMMEDIATE 'SHOW x;\nALTER CONNECTION c SET (''x'' = ''made-up'', ''type'' = ''rest''\n);';",
        "EXECUTE IMMEDIATE 'SHOW x;\nALTER CONNECTION c SET (''x'' = ''<REDACTED>'', ''type'' = ''rest''\n);';",
    );
    check(
        "run(\"SELECT 'a' FROM t;\\nALTER CONNECTION c SET (\\n 'x' = 'made-up', 'type' = 'rest')\");",
        "run(\"SELECT 'a' FROM t;\\nALTER CONNECTION c SET (\\n 'x' = '<REDACTED>', 'type' = 'rest')\");",
    );
    check(
        r"e $'ALTER CONNECTION c\nSET (\'x\' = \'made-up\', \'type\' = \'rest\');' | x",
        r"e $'ALTER CONNECTION c\nSET (\'x\' = \'<REDACTED>\', \'type\' = \'rest\');' | x",
    );
    check(
        "var s = 'ALTER CONNECTION c\\n' +\n  ' SET (\\'x\\' = \\'made-up\\'\\n' +\n  ');';",
        "var s = 'ALTER CONNECTION c\\n' +\n  ' SET (\\'x\\' = \\'<REDACTED>\\'\\n' +\n  ');';",
    );
    check(
        "job.sql=ALTER CONNECTION c \\\n  SET ( \\\n  'x' = 'made-up' \\\n  );\njob.n=2",
        "job.sql=ALTER CONNECTION c \\\n  SET ( \\\n  'x' = '<REDACTED>' \\\n  );\njob.n=2",
    );
    check(
        "ALTER CONNECTION c SET (‘x’ = ‘made-up’, ‘type’ = ‘rest’);\nbob 12:05\nthanks",
        "ALTER CONNECTION c SET (‘x’ = '<REDACTED>', ‘type’ = ‘rest’);\nbob 12:05\nthanks",
    );
    check(
        "--ALTER CONNECTION c\n--SET (\n--  'x' = 'made-up', -- made-up\n-- 'type' = 'rest'\n--);",
        "--ALTER CONNECTION c\n--SET (\n--  'x' = '<REDACTED>', -- <REDACTED>\n-- 'type' = 'rest'\n--);",
    );
    check(
        "-ALTER CONNECTION c SET ('username' = 'made-up',\n-'type' = 'rest')\n x",
        "-ALTER CONNECTION c SET ('username' = '<REDACTED>',\n-'type' = 'rest')\n x",
    );
    check(
        "s = `ALTER CONNECTION \\`c\\` SET ('x' = 'made-up');`;\nrun(s);",
        "s = `ALTER CONNECTION \\`c\\` SET ('x' = '<REDACTED>');`;\nrun(s);",
    );
    check(
        "run `SHOW x; ALTER CONNECTION c SET ('x' = 'made-up')` please",
        "run `SHOW x; ALTER CONNECTION c SET ('x' = '<REDACTED>')` please",
    );
    check(
        "< ALTER CONNECTION c\n< SET (\n<   'x' = 'made-up'\n< );",
        "< ALTER CONNECTION c\n< SET (\n<   'x' = '<REDACTED>'\n< );",
    );
    check(
        r#"{"a":"ALTER CONNECTION c SET ('x' = E'made\\');;-up')","b":1}"#,
        r#"{"a":"ALTER CONNECTION c SET ('x' = '<REDACTED>')","b":1}"#,
    );
    check(
        "[{\"a\":\"ALTER CONNECTION c SET ('x' = 'made-up')\"},{\"a\":\"ALTER CONNECTION c SET ('x' = 'made-up')\"}]",
        "[{\"a\":\"ALTER CONNECTION c SET ('x' = '<REDACTED>')\"},{\"a\":\"ALTER CONNECTION c SET ('x' = '<REDACTED>')\"}]",
    );
}

#[test]
fn statements_go_on_behind_what_stands_before_their_lines() {
    for prefix in [
        "2026-01-02T10:00:00.1Z \x1b[1m",
        "2026-01-02T10:00:00.1Z \x1b[32;1m",
        "\x1b[36msql-1  |\x1b[0m ",
        "a.sql:7: ",
        "    12\t",
        "12 | ",
        "++",
        "db=# ",
    ] {
        let text = |value: &str| {
            format!(
                "{prefix}ALTER CONNECTION c SET (\n{prefix}  'x' = '{value}', 'type' = 'rest'\n{prefix});\n  = note: a"
            )
        };
        check(&text("made-up"), &text("<REDACTED>"));
    }
    check(
        "a.sql-1-ALTER CONNECTION c\na.sql:2:SET ('token' = 'made-up');\nb.sql:1:x",
        "a.sql-1-ALTER CONNECTION c\na.sql:2:SET ('token' = '<REDACTED>');\nb.sql:1:x",
    );
    check(
        "db=> ALTER CONNECTION -- don't\ndb-> c\ndb-> SET\ndb'> ('x' = 'made-up');\ndb'> SELECT a;",
        "db=> ALTER CONNECTION -- <REDACTED>\ndb-> c\ndb-> SET\ndb'> ('x' = '<REDACTED>');\ndb'> SELECT a;",
    );
    check(
        ">>> ALTER CONNECTION\n... c\n... SET ('x' = 'made-up');\n>>> x",
        ">>> ALTER CONNECTION\n... c\n... SET ('x' = '<REDACTED>');\n>>> x",
    );
}

#[test]
fn statements_may_begin_behind_others_on_a_line_with_something_before_it() {
    check(
        "a_v:2: create connection f with ('x' = 'made-up'); Create Connection d With (\na_v:3: 'type'='rest',\na_v:5: 'x'='made-up'\na_v:6: );\nb",
        "a_v:2: create connection f with ('x' = '<REDACTED>'); Create Connection d With (\na_v:3: 'type'='rest',\na_v:5: 'x'='<REDACTED>'\na_v:6: );\nb",
    );
    check(
        "   5\t); CREATE CONNECTION c WITH (\n   6\t  'x'= 'made-up'\n  10\t); SHOW y\n# b",
        "   5\t); CREATE CONNECTION c WITH (\n   6\t  'x'= '<REDACTED>'\n  10\t); SHOW y\n# b",
    );
    check(
        "1e2f (a 2026-01-02  1) create connection\n1e2f (a 2026-01-02  2) if not -- = (\n1e2f (a 2026-01-02  3) exists\n1e2f (a 2026-01-02  4) fleet\n1e2f (a 2026-01-02  5) with (\n1e2f (a 2026-01-02  9) 'x'= 'made-up'\n1e2f (a 2026-01-02 10) );\n",
        "1e2f (a 2026-01-02  1) create connection\n1e2f (a 2026-01-02  2) if not -- = (\n1e2f (a 2026-01-02  3) exists\n1e2f (a 2026-01-02  4) fleet\n1e2f (a 2026-01-02  5) with (\n1e2f (a 2026-01-02  9) 'x'= '<REDACTED>'\n1e2f (a 2026-01-02 10) );\n",
    );
}

#[test]
fn statements_go_on_in_the_strings_of_lists_and_calls() {
    let list = |value: &str| {
        format!(
            "[\n \"ALTER CONNECTION c\\n\",\n \"SET (\\n\",\n \"\\t'x' = '{value}'\\n\",\n \");\\n\"\n]\n\"host\": \"a\""
        )
    };
    check(&list("made-up"), &list("<REDACTED>"));
    let list = |value: &str| {
        format!("x = [\n 'ALTER CONNECTION c SET (',\n ' \\'x\\' = \\'{value}\\'',\n ');'\n].join(''); // a")
    };
    check(&list("made-up"), &list("<REDACTED>"));
    let calls = |value: &str| {
        format!(
            "b.append(\"ALTER CONNECTION c\");\nb.append(\" SET ('x' = '{value}'\");\nb.append(\")\");\nrun(b, \"a\");"
        )
    };
    check(&calls("made-up"), &calls("<REDACTED>"));
}

#[test]
fn a_text_may_begin_with_the_quote_of_a_list() {
    check(
        "\", \"x\", &#39;token&#39; = &#39;made-up&#39;",
        "\", \"x\", &#39;token&#39; = &#39;<REDACTED>&#39;",
    );
}

#[test]
fn blanks_and_breaks_may_be_those_of_a_page_or_a_mail() {
    check(
        "ALTER\u{a0}CONNECTION\u{a0}c\u{a0}SET\u{a0}(\n 'x' = 'made-up');",
        "ALTER\u{a0}CONNECTION\u{a0}c\u{a0}SET\u{a0}(\n 'x' = '<REDACTED>');",
    );
    check(
        "<div>ALTER CONNECTION c SET (<br>\n&#39;x&#39; = &#39;made-up&#39;<br>\n);</div> a",
        "<div>ALTER CONNECTION c SET (<br>\n&#39;x&#39; = &apos;<REDACTED>&apos;<br>\n);</div> a",
    );
    check(
        "ALTER CONNECTION c SET ('x' =3D 'made=\n-up', 'type' =3D 'rest');\na",
        "ALTER CONNECTION c SET ('x' =3D '<REDACTED>'\n, 'type' =3D 'rest');\na",
    );
}

#[test]
fn what_begins_as_a_tag_may_be_a_part_of_a_secret() {
    let text = "CREATE CONNECTION c COMMENT 'key 65541961333' WITH (\n'token' = 'b;/*\"<b `m0,--\u{fc}/*#*/\\ x9=(@made-up,\n\
        <job sql=\"CREATE CONNECTION `d` WITH (&#10; &apos;endpoint&apos; : &apos;mongodb+srv://h.exam\"/>";
    let masked = crate::redact(text).into_owned();
    assert!(!masked.contains("made-up"), "{masked}");
}
