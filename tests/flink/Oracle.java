import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;

import org.apache.calcite.config.Lex;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.flink.sql.parser.ExtendedSqlNode;
import org.apache.flink.sql.parser.ddl.SqlCreateDatabase;
import org.apache.flink.sql.parser.ddl.SqlCreateObject;
import org.apache.flink.sql.parser.ddl.SqlDropDatabase;
import org.apache.flink.sql.parser.ddl.SqlDropObject;
import org.apache.flink.sql.parser.ddl.SqlUseDatabase;
import org.apache.flink.sql.parser.ddl.catalog.SqlUseCatalog;
import org.apache.flink.sql.parser.ddl.connection.SqlAlterConnection;
import org.apache.flink.sql.parser.ddl.connection.SqlAlterConnectionRename;
import org.apache.flink.sql.parser.ddl.connection.SqlAlterConnectionReset;
import org.apache.flink.sql.parser.ddl.connection.SqlAlterConnectionSet;
import org.apache.flink.sql.parser.ddl.connection.SqlCreateConnection;
import org.apache.flink.sql.parser.ddl.connection.SqlDropConnection;
import org.apache.flink.sql.parser.dql.SqlRichDescribeConnection;
import org.apache.flink.sql.parser.dql.SqlShowCall;
import org.apache.flink.sql.parser.dql.SqlShowCreateConnection;
import org.apache.flink.sql.parser.impl.FlinkSqlParserImpl;
import org.apache.flink.sql.parser.validate.FlinkSqlConformance;

/**
 * Says what Apache Flink's own parser makes of SQL texts.
 *
 * <p>Reads NUL-terminated texts from standard input and writes one JSON line per text, in the form of
 * {@code tests/data/flink-parse.jsonl}. Runs on Java 17 with the planner jar of Flink 2.3.0 on the class path.
 */
public final class Oracle {
    private static final SqlParser.Config CONFIG =
            SqlParser.config()
                    .withParserFactory(FlinkSqlParserImpl.FACTORY)
                    .withLex(Lex.JAVA)
                    .withIdentifierMaxLength(256)
                    .withConformance(FlinkSqlConformance.DEFAULT);

    public static void main(String[] arguments) throws Exception {
        InputStream in = new BufferedInputStream(System.in, 1 << 16);
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, "UTF-8");
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet == 0) {
                out.println(answer(text.toString(StandardCharsets.UTF_8)));
                text.reset();
            } else {
                text.write(octet);
            }
        }
        out.flush();
    }

    private static String answer(String sql) {
        Fields fields = new Fields();
        fields.put("sql", sql);
        try {
            SqlNodeList statements = SqlParser.create(sql, CONFIG).parseStmtList();
            fields.raw("ok", "true");
            fields.raw("count", Integer.toString(statements.size()));
            if (statements.size() == 1) {
                describe(statements.get(0), fields);
            }
        } catch (Throwable refused) {
            fields.raw("ok", "false");
            fields.put("error", firstLine(refused));
        }
        return fields.toString();
    }

    private static void describe(SqlNode node, Fields fields) {
        fields.put("kind", node.getClass().getSimpleName());
        if (node instanceof SqlCreateConnection || node instanceof SqlCreateDatabase) {
            SqlCreateObject create = (SqlCreateObject) node;
            fields.names("name", create.getName().names);
            fields.options(create::getProperties);
            fields.text("comment", create.getComment());
            fields.flag("temporary", create.isTemporary());
            fields.flag("system", node instanceof SqlCreateConnection && ((SqlCreateConnection) node).isSystem());
            fields.flag("ifNotExists", create.isIfNotExists());
        } else if (node instanceof SqlAlterConnection) {
            SqlAlterConnection alter = (SqlAlterConnection) node;
            fields.names("name", List.of(alter.getFullName()));
            fields.flag("ifExists", alter.ifConnectionExists());
            if (alter instanceof SqlAlterConnectionSet) {
                fields.options(((SqlAlterConnectionSet) alter)::getProperties);
            } else if (alter instanceof SqlAlterConnectionReset) {
                try {
                    fields.names("resetKeys", new TreeSet<>(((SqlAlterConnectionReset) alter).getResetKeys()));
                } catch (Throwable refused) {
                    fields.put("optionsError", refused.toString());
                }
            } else if (alter instanceof SqlAlterConnectionRename) {
                fields.names("newName", ((SqlAlterConnectionRename) alter).getNewConnectionName().names);
            }
        } else if (node instanceof SqlDropConnection) {
            SqlDropConnection drop = (SqlDropConnection) node;
            fields.names("name", List.of(drop.getFullName()));
            fields.flag("temporary", drop.isTemporary());
            fields.flag("system", drop.isSystemConnection());
            fields.flag("ifExists", drop.getIfExists());
        } else if (node instanceof SqlDropDatabase) {
            fields.names("name", List.of(((SqlDropObject) node).getFullName()));
            fields.flag("ifExists", ((SqlDropObject) node).getIfExists());
            fields.flag("cascade", ((SqlDropDatabase) node).isCascade());
        } else if (node instanceof SqlRichDescribeConnection) {
            fields.names("name", List.of(((SqlRichDescribeConnection) node).fullConnectionName()));
            fields.flag("extended", ((SqlRichDescribeConnection) node).isExtended());
        } else if (node instanceof SqlShowCreateConnection) {
            fields.names("name", ((SqlShowCreateConnection) node).getConnectionName().names);
        } else if (node instanceof SqlUseCatalog) {
            fields.names("name", ((SqlUseCatalog) node).getCatalogName().names);
        } else if (node instanceof SqlUseDatabase) {
            fields.names("name", ((SqlUseDatabase) node).getDatabaseName().names);
        } else if (node instanceof SqlShowCall) {
            SqlShowCall show = (SqlShowCall) node;
            fields.names("name", show.getSqlIdentifierNameList());
            fields.text("preposition", show.getPreposition());
            if (show.isWithLike()) {
                fields.text("like", show.getLikeSqlPattern());
                fields.text("likeType", show.getLikeType());
                fields.flag("notLike", show.isNotLike());
            }
        }
        if (node instanceof ExtendedSqlNode) {
            try {
                ((ExtendedSqlNode) node).validate();
            } catch (Throwable refused) {
                fields.put("validateError", firstLine(refused));
            }
        }
    }

    private static String firstLine(Throwable refused) {
        String message = refused.getMessage() == null ? refused.toString() : refused.getMessage();
        return message.lines().findFirst().orElse("");
    }

    /** One JSON object, written field by field; everything beyond ASCII is escaped. */
    private static final class Fields {
        private final StringBuilder json = new StringBuilder("{");

        void raw(String name, String value) {
            json.append(json.length() > 1 ? ", " : "").append(quoted(name)).append(": ").append(value);
        }

        void put(String name, String value) {
            raw(name, quoted(value));
        }

        void text(String name, String value) {
            if (value != null) {
                put(name, value);
            }
        }

        void flag(String name, boolean value) {
            if (value) {
                raw(name, "true");
            }
        }

        void names(String name, Iterable<String> values) {
            StringBuilder list = new StringBuilder();
            for (String value : values) {
                list.append(list.length() > 0 ? ", " : "").append(quoted(value));
            }
            raw(name, "[" + list + "]");
        }

        void options(Callable<Map<String, String>> properties) {
            try {
                StringBuilder map = new StringBuilder();
                for (Map.Entry<String, String> option : new TreeMap<>(properties.call()).entrySet()) {
                    map.append(map.length() > 0 ? ", " : "").append(quoted(option.getKey())).append(": ");
                    map.append(quoted(option.getValue()));
                }
                raw("options", "{" + map + "}");
            } catch (Throwable refused) {
                put("optionsError", refused.toString());
            }
        }

        private static String quoted(String text) {
            // Java strings hold half characters, JSON texts do not.
            String value = new String(text.codePoints().map(Fields::whole).toArray(), 0, (int) text.codePoints().count());
            StringBuilder out = new StringBuilder("\"");
            for (int at = 0; at < value.length(); at++) {
                char unit = value.charAt(at);
                if (unit == '"' || unit == '\\') {
                    out.append('\\').append(unit);
                } else if (unit < ' ' || unit > '~') {
                    out.append(String.format("\\u%04x", (int) unit));
                } else {
                    out.append(unit);
                }
            }
            return out.append('"').toString();
        }

        private static int whole(int codePoint) {
            return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE ? 0xfffd : codePoint;
        }

        @Override
        public String toString() {
            return json + "}";
        }
    }
}
