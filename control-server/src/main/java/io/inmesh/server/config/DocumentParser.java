package io.inmesh.server.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;
import tools.jackson.dataformat.yaml.YAMLReadFeature;

/**
 * Reads a YAML 1.2 or JSON file into nodes with positions. Bounded: bytes, depth, nodes after
 * aliases are expanded, aliases; tags are refused. One instance per file; not thread-safe.
 */
final class DocumentParser {

  /** Bytes of one file. */
  static final int MAX_BYTES = 4 << 20;

  /** Mappings and lists inside one another. */
  static final int MAX_DEPTH = 64;

  /** Nodes of one file, with every alias counted as what it stands for. */
  static final int MAX_NODES = 500_000;

  /** Aliases in one file. */
  static final int MAX_ALIASES = 1_000;

  private static final TokenStreamFactory YAML =
      YAMLFactory.builder()
          .enable(YAMLReadFeature.EMPTY_STRING_AS_NULL) // only where nothing is written, not ''
          .loadSettings(
              LoadSettings.builder()
                  .setAllowDuplicateKeys(true) // ours goes on, and says where the other one is
                  .setCodePointLimit(MAX_BYTES + 1)
                  .setMaxAliasesForCollections(MAX_ALIASES)
                  .build())
          .build();
  private static final TokenStreamFactory JSON = JsonFactory.builder().build();

  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9][0-9_]*");

  private final String file;
  private final JsonParser parser;
  private final @Nullable YAMLParser yaml;
  private final Map<String, Anchored> anchors = new HashMap<>();
  private int nodes;
  private int aliases;
  private int deepest;

  private DocumentParser(String file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
    this.yaml = parser instanceof YAMLParser yamlParser ? yamlParser : null;
  }

  /** The documents of a file; never throws. JSON if the name ends with {@code .json}. */
  static Documents parse(String file, byte[] content) {
    if (content.length > MAX_BYTES) {
      return broken(
          Finding.of(
              FindingCode.FILE_LIMIT,
              new Provenance(file, 0, 0),
              "the file has " + content.length + " bytes; at most " + MAX_BYTES + " are read"));
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      return broken(syntax(file, 1, 1, "the file is not UTF-8 text"));
    }
    boolean json = file.toLowerCase(Locale.ROOT).endsWith(".json");
    try (JsonParser parser = (json ? JSON : YAML).createParser(ObjectReadContext.empty(), text)) {
      return new Documents(new DocumentParser(file, parser).documents(), null);
    } catch (Refused e) {
      return broken(e.finding);
    } catch (JacksonException e) {
      return broken(failure(file, text, e, json ? "JSON" : "YAML"));
    } catch (RuntimeException e) {
      return broken(syntax(file, 1, 1, "not readable as " + (json ? "JSON: " : "YAML: ") + e));
    }
  }

  private List<Node> documents() {
    List<Node> roots = new ArrayList<>();
    JsonToken token;
    while ((token = parser.nextToken()) != null) {
      anchors.clear();
      Node root = read(token, 1);
      if (!root.isNull()) {
        roots.add(root);
      }
    }
    return List.copyOf(roots);
  }

  private Node read(JsonToken token, int depth) {
    TokenStreamLocation at = parser.currentTokenLocation();
    int line = at.getLineNr();
    int column = at.getColumnNr();
    count(1, depth, line, column);
    if (yaml == null) {
      return value(token, depth, line, column);
    }
    if (yaml.getTypeId() != null) {
      String tag = yaml.getTypeId().replace("tag:yaml.org,2002:", "!!");
      throw limit(line, column, "type tags are not accepted", "remove " + Words.quote(tag));
    }
    if (yaml.isCurrentAlias()) {
      return alias(depth, line, column);
    }
    String anchor = yaml.getObjectId();
    int nodesBefore = nodes;
    int deepestBefore = deepest;
    deepest = depth;
    Node node = value(token, depth, line, column);
    if (anchor != null) {
      anchors.put(anchor, new Anchored(node, nodes - nodesBefore, deepest - depth));
    }
    deepest = Math.max(deepest, deepestBefore);
    return node;
  }

  private Node value(JsonToken token, int depth, int line, int column) {
    return switch (token) {
      case START_OBJECT -> mapping(depth, line, column);
      case START_ARRAY -> {
        List<Node> items = new ArrayList<>();
        JsonToken next;
        while ((next = next()) != JsonToken.END_ARRAY) {
          items.add(read(next, depth + 1));
        }
        yield new Node.Sequence(List.copyOf(items), line, column);
      }
      case VALUE_NUMBER_INT -> new Node.Scalar(number(Node.Type.INTEGER), text(), line, column);
      case VALUE_NUMBER_FLOAT -> new Node.Scalar(number(Node.Type.DECIMAL), text(), line, column);
      case VALUE_TRUE, VALUE_FALSE -> new Node.Scalar(Node.Type.BOOLEAN, text(), line, column);
      case VALUE_NULL -> new Node.Scalar(Node.Type.NULL, "", line, column);
      default -> new Node.Scalar(Node.Type.STRING, text(), line, column);
    };
  }

  private Node mapping(int depth, int line, int column) {
    Map<String, Node.Entry> entries = new LinkedHashMap<>();
    List<Node.Repeated> repeated = new ArrayList<>();
    while (next() != JsonToken.END_OBJECT) {
      TokenStreamLocation at = parser.currentTokenLocation();
      String key = parser.currentName();
      Node value = read(next(), depth + 1);
      Node.Entry entry = new Node.Entry(value, at.getLineNr(), at.getColumnNr());
      if (entries.putIfAbsent(key, entry) != null) {
        repeated.add(new Node.Repeated(key, at.getLineNr(), at.getColumnNr()));
      }
    }
    return new Node.Mapping(entries, List.copyOf(repeated), line, column);
  }

  private Node alias(int depth, int line, int column) {
    String name = text();
    Anchored anchored = anchors.get(name);
    if (anchored == null) {
      throw new Refused(
          syntax(file, line, column, "no anchor '&" + Words.cut(name) + "' before this alias"));
    }
    if (++aliases > MAX_ALIASES) {
      throw limit(line, column, "more than " + MAX_ALIASES + " aliases", "");
    }
    count(anchored.nodes, depth + anchored.height, line, column);
    return anchored.node;
  }

  private void count(int more, int depth, int line, int column) {
    nodes += more;
    deepest = Math.max(deepest, depth);
    if (depth > MAX_DEPTH) {
      throw limit(line, column, "nested more than " + MAX_DEPTH + " levels deep", "");
    }
    if (nodes > MAX_NODES) {
      throw limit(
          line,
          column,
          "more than " + MAX_NODES + " values, aliases expanded",
          "split the file or use fewer aliases");
    }
  }

  private JsonToken next() {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw new Refused(syntax(file, 1, 1, "the file ends in the middle of a value"));
    }
    return token;
  }

  private String text() {
    String text = parser.getString();
    return text == null ? "" : text;
  }

  /** Numbers too long to be one are strings, so that no later step pays for their length. */
  private Node.Type number(Node.Type type) {
    boolean number =
        text().length() <= 40 && (type == Node.Type.DECIMAL || INTEGER.matcher(text()).matches());
    return number ? type : Node.Type.STRING;
  }

  private Refused limit(int line, int column, String message, String hint) {
    return new Refused(
        Finding.of(FindingCode.DOCUMENT_LIMIT, new Provenance(file, line, column), message)
            .withHint(hint));
  }

  private static Documents broken(Finding failure) {
    return new Documents(List.of(), failure);
  }

  private static Finding syntax(String file, int line, int column, String message) {
    return Finding.of(FindingCode.SYNTAX, new Provenance(file, line, column), message);
  }

  private static Finding failure(String file, String text, JacksonException e, String format) {
    if (e.getCause() instanceof MarkedYamlEngineException marked
        && marked.getProblemMark().isPresent()) {
      int line = marked.getProblemMark().get().getLine() + 1;
      int column = marked.getProblemMark().get().getColumn() + 1;
      String context = marked.getContext() == null ? "" : " " + marked.getContext();
      return syntax(
          file, line, column, "not valid YAML: " + Words.oneLine(marked.getProblem() + context));
    }
    if (e.getCause() instanceof ReaderException reader) {
      String before = text.substring(0, Math.min(reader.getPosition(), text.length()));
      int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
      return syntax(
          file,
          line,
          before.length() - before.lastIndexOf('\n'),
          String.format("not valid YAML: character U+%04X is not allowed", reader.getCodePoint()));
    }
    TokenStreamLocation at = e.getLocation();
    return syntax(
        file,
        at == null ? 1 : Math.max(1, at.getLineNr()),
        at == null ? 1 : Math.max(1, at.getColumnNr()),
        e.getOriginalMessage().startsWith("Expected a property name")
            ? "a key must be a single text, not an alias, a list or a mapping"
            : "not valid " + format + ": " + Words.oneLine(e.getOriginalMessage()));
  }

  /** An anchored node with what it costs to repeat it. */
  private record Anchored(Node node, int nodes, int height) {}

  /** Ends the parsing of the file. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Finding finding;

    Refused(Finding finding) {
      super(finding.message(), null, false, false);
      this.finding = finding;
    }
  }
}
