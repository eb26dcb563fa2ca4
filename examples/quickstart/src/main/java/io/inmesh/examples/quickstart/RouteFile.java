package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The directory of YAML that the control server serves; its route file is what a person edits. */
final class RouteFile {
  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: default}
      spec:
        selector: {app: orders}
        ports: [{name: http, port: 80}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v1, namespace: default}
      spec:
        selector: {app: orders, version: v1}
        ports: [{name: http, port: 80}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v2, namespace: default}
      spec:
        selector: {app: orders, version: v2}
        ports: [{name: http, port: 80}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: inventory, namespace: default}
      spec:
        selector: {app: inventory}
        ports: [{name: grpc, port: 9000, appProtocol: grpc}]
      ---
      # The edge: browsers have no identity. Everything behind it speaks mutual TLS.
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: web, namespace: default}
      spec:
        selector: {matchLabels: {app: web}}
        mtls: {mode: DISABLE}
      """;

  private static final String ROUTE =
      """
      # Edit the weights and save: the callers follow.
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: orders, namespace: default}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders, port: 80}]
        rules:
          - backendRefs:
              - {name: orders-v1, port: 80, weight: %d}
              - {name: orders-v2, port: 80, weight: %d}
      """;

  private final Path directory;

  RouteFile(Path directory) throws IOException {
    this.directory = directory;
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("services.yaml"), SERVICES);
  }

  Path directory() {
    return directory;
  }

  Path path() {
    return directory.resolve("orders-route.yaml");
  }

  /** Sends this percentage to v2, the rest to v1; atomic, as an editor's save is. */
  void share(int percentV2) throws IOException {
    Path draft = directory.resolve(".orders-route.tmp");
    Files.writeString(draft, ROUTE.formatted(100 - percentV2, percentV2));
    Files.move(draft, path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
