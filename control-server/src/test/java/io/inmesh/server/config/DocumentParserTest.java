package io.inmesh.server.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DocumentParserTest {

  static Stream<Arguments> broken() {
    return Stream.of(
        arguments(
            "f.yaml",
            "a: 1\n\tb: 2",
            "f.yaml:2:1: error IM1004: not valid YAML: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation) while scanning for the next token"),
        arguments(
            "f.yaml",
            "a: 1\n  b: 2",
            "f.yaml:2:4: error IM1004: not valid YAML: mapping values are not allowed here"),
        arguments(
            "f.yaml",
            "a: {b: 1",
            "f.yaml:1:9: error IM1004: not valid YAML: expected ',' or '}', but got <stream end> while parsing a flow mapping"),
        arguments(
            "f.yaml",
            "a: b\nc: \u0007",
            "f.yaml:2:4: error IM1004: not valid YAML: character U+0007 is not allowed"),
        arguments("f.yaml", "a: *x", "f.yaml:1:4: error IM1004: no anchor '&x' before this alias"),
        arguments(
            "f.yaml", "a: &x [*x]", "f.yaml:1:8: error IM1004: no anchor '&x' before this alias"),
        arguments(
            "f.yaml",
            "a: !java.net.URL x",
            "f.yaml:1:4: error IM1006: type tags are not accepted; remove 'java.net.URL'"),
        arguments(
            "f.yaml",
            "a: !!str 1",
            "f.yaml:1:4: error IM1006: type tags are not accepted; remove '!!str'"),
        arguments(
            "f.yaml",
            "? &k a\n: 1\n? *k\n: 2\n",
            "f.yaml:3:5: error IM1004: a key must be a single text, not an alias, a list or a mapping"),
        arguments(
            "f.yaml",
            "[".repeat(65) + "]".repeat(65),
            "f.yaml:1:65: error IM1006: nested more than 64 levels deep"),
        arguments(
            "f.json",
            "{\"a\": 1,}",
            "f.json:1:9: error IM1004: not valid JSON: Unexpected character ('}' (code 125)): was expecting double-quote to start property name"));
  }

  @ParameterizedTest
  @MethodSource("broken")
  void parse_brokenFile_oneFindingAndNoDocuments(String file, String text, String expected) {
    Documents documents = DocumentParser.parse(file, text.getBytes(UTF_8));

    assertThat(documents.roots()).isEmpty();
    assertThat(documents.failure()).hasToString(expected);
  }

  @Test
  void parse_brokenAfterFirstDocument_noDocuments() {
    Documents documents = DocumentParser.parse("f.yaml", "a: 1\n---\nb: [".getBytes(UTF_8));

    assertThat(documents.roots()).isEmpty();
    assertThat(documents.failure()).isNotNull();
  }

  @Test
  void parse_billionLaughs_refused() {
    StringBuilder text = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 12; i++) {
      text.append("a").append(i).append(": &a").append(i).append(" [");
      text.append(("*a" + (i - 1) + ",").repeat(9)).append("*a").append(i - 1).append("]\n");
    }

    Documents documents = DocumentParser.parse("f.yaml", text.toString().getBytes(UTF_8));

    assertThat(documents.failure()).isNotNull();
    assertThat(documents.failure().code()).isEqualTo(FindingCode.DOCUMENT_LIMIT);
  }

  @Test
  void parse_deepThroughAliases_refused() {
    StringBuilder text = new StringBuilder();
    String anchored = "x";
    for (int i = 0; i < 5; i++) {
      text.append("a").append(i).append(": &a").append(i).append(' ');
      text.append("[".repeat(20)).append(anchored).append("]".repeat(20)).append('\n');
      anchored = "*a" + i;
    }

    Documents documents = DocumentParser.parse("f.yaml", text.toString().getBytes(UTF_8));

    assertThat(documents.failure()).isNotNull();
    assertThat(documents.failure().message()).isEqualTo("nested more than 64 levels deep");
  }

  @Test
  void parse_aliases_standForTheirNode() {
    Documents documents =
        DocumentParser.parse("f.yaml", "a: &x {b: 1}\nc: *x\n---\nd: 1".getBytes(UTF_8));

    assertThat(documents.failure()).isNull();
    Node.Mapping root = (Node.Mapping) documents.roots().get(0);
    assertThat(ObjectSchema.value(root, "c")).isSameAs(ObjectSchema.value(root, "a"));
  }

  @Test
  void parse_tooLarge_refused() {
    byte[] content = new byte[DocumentParser.MAX_BYTES + 1];

    assertThat(DocumentParser.parse("f.yaml", content).failure())
        .hasToString("f.yaml: error IM1003: the file has 4194305 bytes; at most 4194304 are read");
  }

  @Test
  void parse_notUtf8_refused() {
    assertThat(DocumentParser.parse("f.yaml", new byte[] {'a', (byte) 0xff}).failure())
        .hasToString("f.yaml:1:1: error IM1004: the file is not UTF-8 text");
  }

  @Test
  void parse_emptyDocuments_skipped() {
    assertThat(DocumentParser.parse("f.yaml", "---\n---\n# x\n---\n".getBytes(UTF_8)))
        .isEqualTo(new Documents(java.util.List.of(), null));
  }
}
