package io.inmesh.filter.jwt;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON from strangers: bounded in every direction, no name twice, nothing after the end. */
final class Json {
  /** Characters of a key set or of a token's part. */
  static final int MAX_LENGTH = 256 * 1024;

  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxDocumentLength(MAX_LENGTH)
                          .maxNestingDepth(16)
                          .maxNumberLength(40)
                          .maxStringLength(MAX_LENGTH)
                          .maxNameLength(256)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /**
   * An object: maps, lists, strings, numbers, booleans; nulls are left out of the top level.
   *
   * @throws IllegalArgumentException if it is none; the message tells nothing of the content
   */
  static Map<String, Object> object(String text) {
    try {
      Map<String, Object> object = MAPPER.readValue(text, OBJECT);
      if (object == null) {
        throw new IllegalArgumentException("is no JSON object");
      }
      object.values().removeIf(value -> value == null);
      return object;
    } catch (JacksonException e) {
      throw new IllegalArgumentException("is no JSON object", e);
    }
  }

  /** As text. */
  static String text(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /**
   * The bytes of base64url without padding.
   *
   * @throws IllegalArgumentException if it is none
   */
  static byte[] bytes(String base64url) {
    if (base64url.indexOf('=') >= 0) {
      throw new IllegalArgumentException("is padded");
    }
    return Base64.getUrlDecoder().decode(base64url);
  }

  /** Base64url without padding. */
  static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
