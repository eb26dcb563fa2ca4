package io.inmesh.server.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is in a file, reading it gives findings and nothing else. */
class ConfigFuzzTest {

  private static final int ROUNDS = 1500;

  private static final String[] TOKENS = {
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "'",
    "\"",
    "|",
    ">",
    "---\n",
    "...\n",
    "#",
    "~",
    "null",
    "true",
    "-1",
    "0",
    "1e9",
    "99999999999999999999",
    ".inf",
    "''",
    "\u0000",
    "\uFEFF",
    "\u2028",
    "é",
    "<<: *a",
    "? ",
    "%YAML 1.1\n",
    "kind: List\nitems: ",
    "*",
    "(?",
    "/",
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void parse_mutatedText_onlyFindings(long seed) {
    Random random = new Random(seed);
    String corpus = Samples.ALL;
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder text = new StringBuilder(slice(corpus, random));
      int mutations = 1 + random.nextInt(4);
      for (int i = 0; i < mutations; i++) {
        mutate(text, random);
      }
      String file = random.nextInt(8) == 0 ? "f.json" : "f.yaml";
      check(file, text.toString(), seed, round);
    }
  }

  /** Every value of every sample replaced by every other type of value: the schema must notice. */
  @Test
  void parse_valueOfAnotherType_onlyFindings() {
    String[] values = {"7", "true", "'x'", "[]", "{}", "[7]", "{x: y}", "", "-0.5", "''"};
    List<String> lines = Samples.ALL.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      int colon = lines.get(i).indexOf(": ");
      if (colon < 0) {
        continue;
      }
      for (String value : values) {
        List<String> changed = new ArrayList<>(lines);
        changed.set(i, lines.get(i).substring(0, colon + 2) + value);
        check("f.yaml", String.join("\n", changed), i, 0);
      }
    }
  }

  @Test
  void canonical_readAgain_isTheSameObject() {
    for (Node root : DocumentParser.parse("f.yaml", Samples.ALL.getBytes(UTF_8)).roots()) {
      Resource<?> first = read(root);
      Node again = DocumentParser.parse("f.json", first.canonical().getBytes(UTF_8)).roots().get(0);
      assertThat(read(again)).isEqualTo(first);
    }
  }

  @Test
  void samples_areValid() {
    ConfigUpdate update = ConfigLoader.parse("f.yaml", Samples.ALL);

    assertThat(update.findings()).noneMatch(Finding::isError);
    assertThat(update.set().all().stream().map(r -> r.key().kind()).distinct())
        .containsExactlyInAnyOrder(Kind.values());
  }

  private static Resource<?> read(Node root) {
    List<ParsedObject> objects = new ArrayList<>();
    ObjectReader.read("f.yaml", root, Provenance.UNKNOWN, objects);
    return Objects.requireNonNull(objects.get(0).resource());
  }

  private static void check(String file, String text, long seed, int round) {
    try {
      ConfigUpdate update = ConfigLoader.parse(file, text);
      int lines = (int) text.lines().count() + 1;
      for (Finding finding : update.findings()) {
        assertThat(finding.message()).isNotBlank();
        assertThat(finding.toString().lines().count()).isEqualTo(1);
        assertThat(finding.line()).isBetween(0, lines + 1);
      }
      assertThat(FindingJson.render(update.findings())).startsWith("[").endsWith("]");
      assertThat(update.set().generation()).hasSize(32);
    } catch (RuntimeException | Error e) {
      throw new AssertionError("seed " + seed + " round " + round + ":\n" + text, e);
    }
  }

  private static String slice(String corpus, Random random) {
    String[] documents = corpus.split("---\n");
    StringBuilder text = new StringBuilder();
    int count = 1 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      text.append(i == 0 ? "" : "---\n").append(documents[random.nextInt(documents.length)]);
    }
    return text.toString();
  }

  private static void mutate(StringBuilder text, Random random) {
    if (text.length() < 2) {
      text.append("a: b");
      return;
    }
    int at = random.nextInt(text.length());
    int end = Math.min(text.length(), at + 1 + random.nextInt(12));
    switch (random.nextInt(6)) {
      case 0 -> text.delete(at, end);
      case 1 -> text.insert(at, TOKENS[random.nextInt(TOKENS.length)]);
      case 2 -> text.insert(random.nextInt(text.length()), text.substring(at, end));
      case 3 -> text.setCharAt(at, (char) random.nextInt(0x180));
      case 4 -> text.setLength(at);
      default -> text.insert(at, TOKENS[random.nextInt(TOKENS.length)].repeat(random.nextInt(90)));
    }
  }
}
