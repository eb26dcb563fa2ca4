package io.inmesh.identity;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What {@code INMESH_TOKEN} holds: a secret to join with, and what the control server is known by.
 * Immutable.
 *
 * @param secret sent to the control server, {@code <id>.<secret>}
 * @param pins SHA-256 of the roots' public keys, in hex
 */
public record JoinToken(String secret, Set<String> pins) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_-]{4,128}");
  private static final Pattern PIN = Pattern.compile("[0-9a-f]{64}");

  public JoinToken {
    pins = Set.copyOf(pins);
  }

  /**
   * Reads one.
   *
   * @param source where the text is from, for the message
   * @throws IllegalArgumentException if it is none; the message does not repeat it
   */
  public static JoinToken parse(String source, String text) {
    List<String> parts = List.of(text.strip().split("\\.", -1));
    if (parts.size() < 3
        || !PART.matcher(parts.get(0)).matches()
        || !PART.matcher(parts.get(1)).matches()) {
      throw new IllegalArgumentException(
          source
              + " is no join token; expected what 'inmesh token create' prints after"
              + " INMESH_TOKEN=");
    }
    Set<String> pins = new HashSet<>(parts.subList(2, parts.size()));
    if (!pins.stream().allMatch(pin -> PIN.matcher(pin).matches())) {
      throw new IllegalArgumentException(
          source
              + " is no join token: the pins of the roots at its end are not 64 hex digits"
              + " each");
    }
    return new JoinToken(parts.get(0) + "." + parts.get(1), pins);
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return "JoinToken[" + secret.substring(0, secret.indexOf('.')) + "]";
  }
}
