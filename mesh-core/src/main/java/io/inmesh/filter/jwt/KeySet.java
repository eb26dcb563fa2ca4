package io.inmesh.filter.jwt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The usable keys of a JSON Web Key Set. Immutable. */
final class KeySet {
  private static final int MAX_KEYS = 100;

  /** No key at all. */
  static final KeySet EMPTY = new KeySet(List.of());

  private final List<JsonWebKey> keys;

  private KeySet(List<JsonWebKey> keys) {
    this.keys = keys;
  }

  /**
   * Reads one; keys for other purposes and of other types are passed over.
   *
   * @throws IllegalArgumentException if it is none, is too large or holds a key that is, or has no
   *     usable key; the message tells nothing of the content
   */
  static KeySet parse(String json) {
    if (json.length() > Json.MAX_LENGTH) {
      throw new IllegalArgumentException("the key set is larger than " + Json.MAX_LENGTH);
    }
    Map<String, Object> object;
    try {
      object = Json.object(json);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the key set " + e.getMessage(), e);
    }
    if (!(object.get("keys") instanceof List<?> list)) {
      throw new IllegalArgumentException("the key set has no list 'keys'");
    }
    if (list.size() > MAX_KEYS) {
      throw new IllegalArgumentException("the key set has more than " + MAX_KEYS + " keys");
    }
    List<JsonWebKey> usable = new ArrayList<>();
    for (Object item : list) {
      if (item instanceof Map<?, ?> map && JsonWebKey.giant(map)) {
        throw new IllegalArgumentException(
            "the key set has a key of more than " + JsonWebKey.MAX_RSA_BITS + " bits");
      }
      JsonWebKey key = item instanceof Map<?, ?> map ? JsonWebKey.of(map) : null;
      if (key != null) {
        usable.add(key);
      }
    }
    if (usable.isEmpty()) {
      throw new IllegalArgumentException("the key set has no usable public key");
    }
    return new KeySet(List.copyOf(usable));
  }

  /** Whether some key has this id. */
  boolean knows(String keyId) {
    return !keyId.isEmpty() && keys.stream().anyMatch(key -> key.id().equals(keyId));
  }

  /** Whether the signature is that of one of the keys. */
  boolean verify(Token token) {
    for (JsonWebKey key : keys) {
      if (key.fits(token.keyId(), token.algorithmName(), token.algorithm())
          && token.signedWith(key.key())) {
        return true;
      }
    }
    return false;
  }
}
