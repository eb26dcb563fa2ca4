package io.inmesh.conformance;

import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

/** Believes every server: what programs do that only look what is there. */
final class Anybody implements X509TrustManager {
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {}

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
