package io.inmesh.identity;

import io.inmesh.model.TlsParameters;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One immutable set of TLS material and peer policy. A transport
 *
 * <ul>
 *   <li>builds one SSL context for each number and never shares sessions between two;
 *   <li>asks {@link #peer} after every handshake, resumed ones included, and closes the connection
 *       if that throws;
 *   <li>asks {@link #standing} for each open connection after its handshake and when told that
 *       something changed.
 * </ul>
 *
 * <p>Thread-safe; equal if the numbers are.
 */
public final class TlsGeneration {
  private static final List<String> PROTOCOLS = List.of("h2", "http/1.1");

  private final long number;
  private final boolean server;
  private final @Nullable X509ExtendedKeyManager keys;
  private final PeerTrust trust;
  private final @Nullable String sni;
  private final boolean checksHostName;
  private final TlsParameters parameters;
  private final Instant expires;
  private final Supplier<@Nullable TlsGeneration> newest;

  TlsGeneration(
      long number,
      boolean server,
      @Nullable X509ExtendedKeyManager keys,
      PeerTrust trust,
      @Nullable String sni,
      boolean checksHostName,
      TlsParameters parameters,
      Instant expires,
      Supplier<@Nullable TlsGeneration> newest) {
    this.number = number;
    this.server = server;
    this.keys = keys;
    this.trust = trust;
    this.sni = sni;
    this.checksHostName = checksHostName;
    this.parameters = parameters;
    this.expires = expires;
    this.newest = newest;
  }

  /** Unique in the process; grows. */
  public long number() {
    return number;
  }

  /** This side's chain and key; null: no client certificate. */
  public @Nullable X509ExtendedKeyManager keys() {
    return keys;
  }

  /** Decides about the peer's chain and, in the mesh, its identity. */
  public X509ExtendedTrustManager trust() {
    return trust;
  }

  /** Sent in the handshake; null: none. */
  public @Nullable String sni() {
    return sni;
  }

  /** ALPN in order of preference. */
  public List<String> protocols() {
    return PROTOCOLS;
  }

  /**
   * Whether the certificate must be for the host name: outside the mesh only. The transport then
   * sets the endpoint identification algorithm {@code HTTPS} and the name as the engine's peer
   * host; otherwise it sets none, because a SPIFFE certificate has no host name.
   */
  public boolean checksHostName() {
    return checksHostName;
  }

  /** Versions, cipher suites and curves. Engines of the JDK take the last by {@link CurveLimit}. */
  public TlsParameters parameters() {
    return parameters;
  }

  /** Whether a handshake has agreed on what the parameters allow; the curve is not known. */
  boolean allows(SSLSession session) {
    return parameters.protocols().contains(session.getProtocol())
        && (parameters.suites().isEmpty()
            || parameters.suites().contains(session.getCipherSuite()));
  }

  /** When this side's certificate ends. */
  public Instant expires() {
    return expires;
  }

  /** What connections for the same purpose are made with now; this one if nothing changed. */
  public TlsGeneration current() {
    TlsGeneration now = newest.get();
    return now == null ? this : now;
  }

  /**
   * Who is at the other end of a finished handshake, checked against what is in force now: session
   * resumption skips the trust manager, and trust may have changed during the handshake.
   *
   * @return null: somebody outside the mesh, whose certificate is good
   * @throws SSLPeerUnverifiedException if the peer is not to be believed; the connection must be
   *     closed
   */
  public @Nullable SpiffeId peer(SSLSession session) throws SSLPeerUnverifiedException {
    return current().verify(session);
  }

  private @Nullable SpiffeId verify(SSLSession session) throws SSLPeerUnverifiedException {
    X509Certificate[] chain = chain(session);
    try {
      return trust.verify(chain, !server);
    } catch (CertificateException e) {
      SSLPeerUnverifiedException failure = new SSLPeerUnverifiedException(e.getMessage());
      failure.initCause(e);
      throw failure;
    }
  }

  private static X509Certificate[] chain(SSLSession session) throws SSLPeerUnverifiedException {
    Certificate[] shown = session.getPeerCertificates();
    return Arrays.copyOf(shown, shown.length, X509Certificate[].class);
  }

  /**
   * What becomes of an open connection of this generation. While the peer is still to be believed,
   * an older connection drains for as long as this side's certificate is valid; otherwise it ends.
   * None goes on when the peer's certificate has ended.
   */
  public Standing standing(SSLSession session) {
    return current().judge(this, session);
  }

  /** What becomes of a connection if this is what new connections are made with. */
  Standing judge(TlsGeneration older, SSLSession session) {
    Instant now = Instant.now();
    Standing standing = Standing.KEEP;
    try {
      if (!older.equals(this)) {
        var unused = verify(session);
        standing = Standing.drain(Duration.between(now, older.expires));
      }
      // Issuers outlive what they issue; what else is shown beside the leaf may be of no use.
      Instant end = chain(session)[0].getNotAfter().toInstant();
      return standing.within(Duration.between(now, end));
    } catch (SSLPeerUnverifiedException e) {
      return Standing.CLOSE;
    }
  }

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
