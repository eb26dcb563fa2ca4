package io.inmesh.identity;

import java.util.List;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One immutable set of TLS material and peer policy. Transports build one SSL context for each
 * number and never share sessions between two; connections of an older generation drain.
 *
 * @param number unique in the process; grows
 * @param keys this side's chain and key; null: no client certificate
 * @param trust decides about the peer's chain and identity; does all that is to be checked
 * @param sni sent in the handshake; null: none
 * @param protocols ALPN in order of preference
 */
public record TlsGeneration(
    long number,
    @Nullable X509ExtendedKeyManager keys,
    X509ExtendedTrustManager trust,
    @Nullable String sni,
    List<String> protocols) {
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TlsGeneration that && that.number == number;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(number);
  }

  @Override
  public String toString() {
    return "TlsGeneration[" + number + "]";
  }
}
