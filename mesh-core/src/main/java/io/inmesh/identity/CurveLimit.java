package io.inmesh.identity;

import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets the JDK's TLS use certain groups only: it asks about each by its name. A setting for that
 * exists from Java 20 on.
 *
 * @param groups their standard names
 */
record CurveLimit(List<String> groups) implements AlgorithmConstraints {
  private static final List<String> FAMILIES = List.of("secp", "sect", "x25519", "x448", "ffdhe");

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
