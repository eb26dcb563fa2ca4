package io.inmesh.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The incremental variant, with and without wildcards. */
final class SimulatedDeltaClient extends SimulatedClient {
  private final Map<String, Map<String, String>> versions = new HashMap<>();
  private final ArrayDeque<DeltaDiscoveryRequest> outbox = new ArrayDeque<>();
  private Engine.@Nullable Delta connection;

  SimulatedDeltaClient(ClientKind kind) {
    super(kind);
    TYPES.forEach(type -> versions.put(type, new HashMap<>()));
  }

  private Map<String, String> versions(String type) {
    return versions.getOrDefault(type, Map.of());
  }

  @Override
  boolean forgets(String type) {
    versions(type).keySet().removeIf(name -> !wants(type, name));
    // Under a wildcard the server says whether the name is still part of everything.
    return !wildcards.contains(type);
  }

  @Override
  void open(Engine engine) {
    connection = engine.delta(kind);
    outbox.clear();
    for (String type : TYPES) {
      if (wildcards.contains(type) || !wanted(type).isEmpty()) {
        DeltaDiscoveryRequest.Builder first =
            DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(type)
                .putAllInitialResourceVersions(versions(type))
                .addAllResourceNamesSubscribe(wanted(type));
        if (wildcards.contains(type)) {
          first.addResourceNamesSubscribe("*");
        }
        outbox.add(first.build());
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
    if (connection != null) {
      outbox.add(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(type)
              .addResourceNamesSubscribe(name)
              .build());
    }
  }

  @Override
  void sendUnsubscribe(String type, String name) {
    if (connection != null) {
      outbox.add(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(type)
              .addResourceNamesUnsubscribe(name)
              .build());
    }
  }

  @Override
  boolean deliver() {
    DeltaDiscoveryRequest request = outbox.poll();
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
    DeltaDiscoveryResponse response;
    try {
      response =
          DeltaDiscoveryResponse.parseFrom(connection.out.responses.get(connection.out.taken++));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    String type = response.getTypeUrl();
    boolean refused = false;
    for (Resource resource : response.getResourcesList()) {
      checkNew(type, resource.getName(), resource.getResource());
      if (poisoned(resource.getResource())) {
        refused = true;
      } else if (wants(type, resource.getName())) {
        cache(type).put(resource.getName(), resource.getResource());
        versions(type).put(resource.getName(), resource.getVersion());
      }
    }
    for (String name : response.getRemovedResourcesList()) {
      cache(type).remove(name);
      versions(type).remove(name);
      told(type, name);
    }
    DeltaDiscoveryRequest.Builder reply =
        DeltaDiscoveryRequest.newBuilder().setTypeUrl(type).setResponseNonce(response.getNonce());
    if (refused) {
      reply.setErrorDetail(com.google.rpc.Status.newBuilder().setCode(3).setMessage("poisoned"));
    } else {
      for (Resource resource : response.getResourcesList()) {
        acknowledged(type, resource.getName(), resource.getResource());
      }
    }
    outbox.add(reply.build());
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
        open += DeltaDiscoveryResponse.parseFrom(bytes).getTypeUrl().equals(type) ? 1 : 0;
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return open;
  }
}
