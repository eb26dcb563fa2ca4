package io.inmesh.call;

import io.inmesh.identity.SpiffeId;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who sent an inbound request.
 *
 * @param address of the connection's other end
 * @param identity verified in the handshake; null: none
 * @param secure whether the connection is TLS
 * @param local this process's end of the connection; null: unknown
 * @param serverName the host name the peer asked for in the handshake; null: none
 */
public record Peer(
    SocketAddress address,
    @Nullable SpiffeId identity,
    boolean secure,
    @Nullable InetSocketAddress local,
    @Nullable String serverName) {
  /** One of which only the other end is known. */
  public Peer(SocketAddress address, @Nullable SpiffeId identity, boolean secure) {
    this(address, identity, secure, null, null);
  }

  /**
   * The peer of a connection.
   *
   * @param local this process's end
   * @param session of TLS; null: plaintext
   */
  public static Peer of(
      SocketAddress address, @Nullable SocketAddress local, @Nullable SSLSession session) {
    InetSocketAddress inet = local instanceof InetSocketAddress known ? known : null;
    return session == null
        ? new Peer(address, null, false, inet, null)
        : new Peer(address, identity(session), true, inet, serverName(session));
  }

  private static @Nullable SpiffeId identity(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf
          ? SpiffeId.of(leaf)
          : null;
    } catch (SSLPeerUnverifiedException | CertificateException none) {
      return null;
    }
  }

  private static @Nullable String serverName(SSLSession session) {
    if (!(session instanceof ExtendedSSLSession extended)) {
      return null;
    }
    try {
      for (SNIServerName name : extended.getRequestedServerNames()) {
        if (name instanceof SNIHostName host) {
          return host.getAsciiName();
        }
      }
    } catch (UnsupportedOperationException e) {
      // A TLS provider that does not tell.
    }
    return null;
  }
}
