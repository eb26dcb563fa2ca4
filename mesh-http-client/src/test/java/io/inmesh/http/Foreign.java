package io.inmesh.http;

import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.TlsPolicy;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** What other TLS clients of the same identity use. */
final class Foreign {
  private Foreign() {}

  static SSLContext context(TlsMaterial material) throws Exception {
    TlsGeneration generation =
        Objects.requireNonNull(
            material.client(new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null)));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        new KeyManager[] {generation.keys()}, new TrustManager[] {generation.trust()}, null);
    return context;
  }
}
