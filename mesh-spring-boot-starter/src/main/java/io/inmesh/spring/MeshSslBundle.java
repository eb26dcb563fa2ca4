package io.inmesh.spring;

import io.inmesh.identity.RotatingTls;
import java.security.KeyStore;
import java.security.Provider;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.KeyManagerFactorySpi;
import javax.net.ssl.ManagerFactoryParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.TrustManagerFactorySpi;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleKey;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.boot.ssl.SslStoreBundle;

/**
 * The mesh's identity as Boot's servers take such things: managers that always show the newest
 * certificate, and no stores, because keys stay where they are.
 */
final class MeshSslBundle {
  static final String NAME = "inmesh";

  private MeshSslBundle() {}

  /** A registry with this bundle alone. */
  static SslBundles of(RotatingTls tls) {
    SslManagerBundle managers = SslManagerBundle.of(keys(tls), trust(tls));
    SslBundle bundle =
        SslBundle.of(SslStoreBundle.NONE, SslBundleKey.NONE, SslOptions.NONE, "TLS", managers);
    return new DefaultSslBundleRegistry(NAME, bundle);
  }

  private static KeyManagerFactory keys(RotatingTls tls) {
    KeyManager[] keys = {tls.keys()};
    KeyManagerFactorySpi spi =
        new KeyManagerFactorySpi() {
          @Override
          protected void engineInit(@Nullable KeyStore store, char @Nullable [] password) {}

          @Override
          protected void engineInit(ManagerFactoryParameters parameters) {}

          @Override
          protected KeyManager[] engineGetKeyManagers() {
            return keys;
          }
        };
    return new KeyManagerFactory(spi, provider(), NAME) {};
  }

  private static TrustManagerFactory trust(RotatingTls tls) {
    TrustManager[] trust = {tls.trust()};
    TrustManagerFactorySpi spi =
        new TrustManagerFactorySpi() {
          @Override
          protected void engineInit(@Nullable KeyStore store) {}

          @Override
          protected void engineInit(ManagerFactoryParameters parameters) {}

          @Override
          protected TrustManager[] engineGetTrustManagers() {
            return trust;
          }
        };
    return new TrustManagerFactory(spi, provider(), NAME) {};
  }

  /** Factories must have one; it is not installed anywhere. */
  private static Provider provider() {
    return new Provider(NAME, "1", "identities of the mesh") {
      private static final long serialVersionUID = 1L;
    };
  }
}
