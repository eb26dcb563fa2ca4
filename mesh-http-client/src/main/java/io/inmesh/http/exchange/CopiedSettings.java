package io.inmesh.http.exchange;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What a library gets that builds a client of its own from the settings of ours (Feign does when
 * its options differ): the copy fails instead of talking past the mesh.
 */
public final class CopiedSettings {
  private static final String EXPLANATION =
      "the settings of the mesh's HTTP client were copied into another client, which would bypass"
          + " the mesh; use the MeshHttpClient itself (with Feign: equal connect timeout and"
          + " redirect options)";

  /** Throws when it is asked for a proxy. */
  public static final ProxySelector PROXY =
      new ProxySelector() {
        @Override
        public List<Proxy> select(URI uri) {
          throw new IllegalStateException(EXPLANATION);
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
      };

  private static final X509TrustManager NOBODY =
      new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
          throw new CertificateException(EXPLANATION);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
            throws CertificateException {
          throw new CertificateException(EXPLANATION);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
          return new X509Certificate[0];
        }
      };

  private static volatile @Nullable SSLContext refusing;

  private CopiedSettings() {}

  /** A context that accepts no peer. */
  public static SSLContext sslContext() {
    SSLContext context = refusing;
    if (context == null) {
      try {
        context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {NOBODY}, null);
      } catch (GeneralSecurityException impossible) {
        throw new IllegalStateException("this JVM has no TLS", impossible);
      }
      refusing = context;
    }
    return context;
  }
}
