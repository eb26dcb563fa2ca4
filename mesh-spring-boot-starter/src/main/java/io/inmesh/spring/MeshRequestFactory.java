package io.inmesh.spring;

import io.inmesh.call.Outbound;
import java.io.IOException;
import java.net.URI;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;

/** Sends mesh names through the mesh and every other host the way it went before. Thread-safe. */
final class MeshRequestFactory implements ClientHttpRequestFactory {
  private final Outbound names;
  private final ClientHttpRequestFactory mesh;
  private final ClientHttpRequestFactory others;

  MeshRequestFactory(
      Outbound names, ClientHttpRequestFactory mesh, ClientHttpRequestFactory others) {
    this.names = names;
    this.mesh = mesh;
    this.others = others;
  }

  @Override
  public ClientHttpRequest createRequest(URI uri, HttpMethod method) throws IOException {
    String authority = uri.getAuthority();
    boolean inMesh = authority != null && names.isMeshName(authority);
    return (inMesh ? mesh : others).createRequest(uri, method);
  }
}
