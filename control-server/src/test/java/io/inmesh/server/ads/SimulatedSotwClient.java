package io.inmesh.server.ads;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** State of the world, as gRPC and Envoy do it. */
final class SimulatedSotwClient extends SimulatedClient {
  private final Map<String, String> versions = new HashMap<>();
  private final Map<String, String> nonces = new HashMap<>();
  private final ArrayDeque<DiscoveryRequest> outbox = new ArrayDeque<>();

  /** Types of which the last response was refused, but taken in part. */
  private final Set<String> takenInPart = new HashSet<>();

  /** Names, after their types, that nothing was said of since they were asked for. */
  private final Set<String> awaited = new HashSet<>();

  private Engine.@Nullable Sotw connection;

  SimulatedSotwClient(ClientKind kind) {
    super(kind);
  }

  @Override
  boolean forgets(String type) {
    // What everything is does not depend on which names were asked for as well.
    return !wildcards.contains(type);
  }

  /**
   * Our own client claims a version only if it holds what that stands for; others claim what they
   * acknowledged last.
   */
  private void dropVersions() {
    if (kind == ClientKind.INMESH) {
      versions
          .keySet()
          .removeIf(
              type ->
                  takenInPart.contains(type)
                      || wanted(type).stream().anyMatch(name -> awaited.contains(type + name)));
    }
  }

  @Override
  void open(Engine engine) {
    connection = engine.sotw(kind);
    nonces.clear();
    outbox.clear();
    dropVersions();
    for (String type : TYPES) {
      if (wildcards.contains(type) || !wanted(type).isEmpty()) {
        request(type, "");
      }
    }
  }

  @Override
  void disconnect() {
    if (connection != null) {
      connection.stream.cancelled();
      connection = null;
      outbox.clear();
    }
  }

  @Override
  boolean connected() {
    return connection != null && connection.out.closed == null;
  }

  @Override
  Engine.Recorder out() {
    return java.util.Objects.requireNonNull(connection).out;
  }

  @Override
  void transportReady() {
    if (connection != null) {
      connection.stream.ready();
    }
  }

  @Override
  void sendSubscribe(String type, String name) {
    awaited.add(type + name);
    request(type, "");
  }

  @Override
  void sendUnsubscribe(String type, String name) {
    request(type, "");
  }

  private void request(String type, String error) {
    if (connection == null) {
      return;
    }
    List<String> names = new ArrayList<>(wanted(type));
    if (wildcards.contains(type)) {
      names.add("*");
    }
    DiscoveryRequest.Builder request =
        DiscoveryRequest.newBuilder()
            .setTypeUrl(type)
            .setVersionInfo(versions.getOrDefault(type, ""))
            .setResponseNonce(nonces.getOrDefault(type, ""))
            .addAllResourceNames(names);
    if (!error.isEmpty()) {
      request.setErrorDetail(com.google.rpc.Status.newBuilder().setCode(3).setMessage(error));
    }
    outbox.add(request.build());
  }

  @Override
  boolean deliver() {
    DiscoveryRequest request = outbox.poll();
    if (request == null || connection == null) {
      return false;
    }
    connection.send(request.toBuilder());
    return true;
  }

  @Override
  boolean receive() {
    if (connection == null || connection.out.taken == connection.out.responses.size()) {
      return false;
    }
    DiscoveryResponse response;
    try {
      response = DiscoveryResponse.parseFrom(connection.out.responses.get(connection.out.taken++));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    String type = response.getTypeUrl();
    boolean whole = TypeUrl.fullState(type);
    Set<String> present = new HashSet<>();
    boolean refused = false;
    for (Any any : response.getResourcesList()) {
      String name = Engine.nameOf(any);
      present.add(name);
      awaited.remove(type + name);
      if (!whole) {
        checkNew(type, name, any);
      }
      if (poisoned(any)) {
        refused = true;
      } else if (wants(type, name)) {
        cache(type).put(name, any);
      }
    }
    if (whole) {
      cache(type).keySet().retainAll(present);
    }
    for (String name : Engine.missing(response)) {
      cache(type).remove(name);
      awaited.remove(type + name);
      told(type, name);
    }
    nonces.put(type, response.getNonce());
    if (refused) {
      takenInPart.add(type);
      request(type, "poisoned");
      return true;
    }
    takenInPart.remove(type);
    versions.put(type, response.getVersionInfo());
    for (Any any : response.getResourcesList()) {
      acknowledged(type, Engine.nameOf(any), any);
    }
    request(type, "");
    return true;
  }

  @Override
  int unanswered(String type) {
    if (connection == null) {
      return 0;
    }
    int open = 0;
    for (byte[] bytes :
        connection.out.responses.subList(connection.out.taken, connection.out.responses.size())) {
      try {
        open += DiscoveryResponse.parseFrom(bytes).getTypeUrl().equals(type) ? 1 : 0;
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return open;
  }
}
