package io.inmesh.identity;

import io.inmesh.match.TextTest;
import io.inmesh.model.SanMatch;
import io.inmesh.model.StringMatch;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A compiled {@link SanMatch}. Immutable. */
final class SanTest {
  private static final int EMAIL = 1; // as X509Certificate.getSubjectAlternativeNames numbers them
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final int IP_ADDRESS = 7;

  private final SanMatch.@Nullable Type type;
  private final TextTest text;

  /** Of a whole host name; null: it is something else that is looked for. */
  private final @Nullable String host;

  SanTest(SanMatch match) {
    type = match.type();
    text = TextTest.of(match.text());
    host =
        match.text() instanceof StringMatch.Exact exact
            ? exact.value().toLowerCase(Locale.ROOT)
            : null;
  }

  /** Whether a name of a certificate is what is looked for. */
  boolean accepts(int nameType, String name) {
    return switch (nameType) {
      case DNS -> is(SanMatch.Type.DNS) && (host == null ? text.test(name) : isFor(name, host));
      case URI -> is(SanMatch.Type.URI) && text.test(name);
      case EMAIL -> is(SanMatch.Type.EMAIL) && text.test(name);
      case IP_ADDRESS -> is(SanMatch.Type.IP_ADDRESS) && text.test(name);
      default -> false;
    };
  }

  private boolean is(SanMatch.Type wanted) {
    return type == null || type == wanted;
  }

  /** RFC 6125: {@code *} stands for one whole label, the first. */
  private static boolean isFor(String name, String host) {
    String pattern = name.toLowerCase(Locale.ROOT);
    if (!pattern.startsWith("*.")) {
      return pattern.equals(host);
    }
    int dot = host.indexOf('.');
    return dot > 0
        && host.substring(dot).equals(pattern.substring(1))
        && host.indexOf('.', dot + 1) > 0;
  }
}
