package io.inmesh.server;

import io.inmesh.server.ca.AdminRoots;
import java.net.http.HttpClient;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;

/** Asks the admin port of a server with identities. */
final class AdminHttp {
  private AdminHttp() {}

  static SSLContext tls(ControlServer server) {
    return AdminRoots.trust(Set.copyOf(Objects.requireNonNull(server.ca()).authority().pins()));
  }

  static HttpClient client(ControlServer server) {
    return HttpClient.newBuilder().sslContext(tls(server)).build();
  }
}
