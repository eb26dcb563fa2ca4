package io.inmesh.identity;

import io.inmesh.model.TlsParameters;
import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Lets the JDK's TLS use certain groups only: it asks about each by its name. A setting for that
 * exists from Java 20 on.
 *
 * @param groups their standard names
 */
public record CurveLimit(List<String> groups) implements AlgorithmConstraints {
  private static final List<String> FAMILIES = List.of("secp", "sect", "x25519", "x448", "ffdhe");

  /** Has an engine of the JDK use the configured curves only. */
  public static void apply(TlsParameters parameters, SSLEngine engine) {
    if (!parameters.curves().isEmpty()) {
      SSLParameters limited = engine.getSSLParameters();
      limited.setAlgorithmConstraints(new CurveLimit(parameters.groups()));
      engine.setSSLParameters(limited);
    }
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives, String name, @Nullable AlgorithmParameters parameters) {
    return !primitives.contains(CryptoPrimitive.KEY_AGREEMENT)
        || FAMILIES.stream().noneMatch(name::startsWith)
        || groups.contains(name);
  }

  @Override
  public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
    return true;
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives,
      String name,
      Key key,
      @Nullable AlgorithmParameters parameters) {
    return true;
  }
}
