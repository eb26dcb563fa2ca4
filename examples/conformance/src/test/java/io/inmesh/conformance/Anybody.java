package io.inmesh.conformance;

import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.model.TlsPolicy;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Believes every server: what programs do that only look what is there. */
final class Anybody implements X509TrustManager {
  /** TLS of a program that has this certificate and believes every server. */
  static SSLContext with(Svid svid) {
    try {
      TlsMaterial material = new TlsMaterial();
      material.update(svid, TrustBundle.NONE);
      TlsGeneration own =
          Objects.requireNonNull(
              material.client(new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null)));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {own.keys()}, new TrustManager[] {new Anybody()}, null);
      return context;
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {}

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
