package io.inmesh.spring;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.inmesh.call.Inbound;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TlsGeneration;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is at the other end of a connection that the container has secured, by the trust that is in
 * force now: one that is not to be believed any more, or whose certificate has ended, has no
 * identity from the next request on. What was found of a connection's certificate is remembered
 * until trust changes. Thread-safe.
 */
final class CertifiedPeers {
  /** By the generation of trust that said so, until the first certificate of the chain ends. */
  private record Known(TlsGeneration by, long untilMillis, @Nullable SpiffeId identity) {}

  private final Cache<X509Certificate, Known> known =
      Caffeine.newBuilder().weakKeys().maximumSize(10_000).executor(Runnable::run).build();

  private final LongSupplier epochMillis;

  CertifiedPeers(LongSupplier epochMillis) {
    this.epochMillis = epochMillis;
  }

  /**
   * The identity that a chain proves.
   *
   * @param chain leaf first, of a finished handshake; null or empty: there is none
   * @return null: none
   */
  @Nullable SpiffeId identity(Inbound inbound, X509Certificate @Nullable [] chain) {
    TlsGeneration now = chain == null || chain.length == 0 ? null : inbound.tls().generation();
    if (now == null || chain == null) {
      return null;
    }
    Known before = known.getIfPresent(chain[0]);
    if (before != null && before.by().equals(now)) {
      return epochMillis.getAsLong() > before.untilMillis() ? null : before.identity();
    }
    SpiffeId identity = verified(now, chain);
    known.put(chain[0], new Known(now, end(chain), identity));
    return identity;
  }

  private static long end(X509Certificate[] chain) {
    return Arrays.stream(chain)
        .mapToLong(certificate -> certificate.getNotAfter().toInstant().toEpochMilli())
        .min()
        .orElseThrow();
  }

  private static @Nullable SpiffeId verified(TlsGeneration now, X509Certificate[] chain) {
    try {
      now.trust().checkClientTrusted(chain, "UNKNOWN");
      return SpiffeId.of(chain[0]);
    } catch (CertificateException e) {
      return null;
    }
  }
}
