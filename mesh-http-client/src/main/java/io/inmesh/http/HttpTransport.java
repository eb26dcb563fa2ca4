package io.inmesh.http;

import io.inmesh.Mesh;
import io.inmesh.MeshTransport;
import java.net.http.HttpClient;

/** HTTP, for calls of the mesh itself; found by {@code ServiceLoader}. Stateless. */
public final class HttpTransport implements MeshTransport {
  /** For {@code ServiceLoader}. */
  public HttpTransport() {}

  @Override
  public HttpClient httpClient(Mesh mesh) {
    return MeshHttpClient.create(mesh);
  }
}
