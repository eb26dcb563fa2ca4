package io.inmesh.spring;

import io.inmesh.call.Outbound;
import java.net.URI;
import java.util.function.Function;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import reactor.core.publisher.Mono;

/** {@link MeshRequestFactory} for reactive clients. Thread-safe. */
final class MeshConnector implements ClientHttpConnector {
  private final Outbound names;
  private final ClientHttpConnector mesh;
  private final ClientHttpConnector others;

  MeshConnector(Outbound names, ClientHttpConnector mesh, ClientHttpConnector others) {
    this.names = names;
    this.mesh = mesh;
    this.others = others;
  }

  @Override
  public Mono<ClientHttpResponse> connect(
      HttpMethod method, URI uri, Function<? super ClientHttpRequest, Mono<Void>> requestCallback) {
    String authority = uri.getAuthority();
    boolean inMesh = authority != null && names.isMeshName(authority);
    return (inMesh ? mesh : others).connect(method, uri, requestCallback);
  }
}
