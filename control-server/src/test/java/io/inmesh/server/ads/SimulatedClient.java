package io.inmesh.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A client that follows the protocol, keeps what it has over reconnects, and refuses resources
 * whose content carries {@link #POISON}. Both directions are queues that the simulation moves one
 * message at a time, so that everything may cross everything.
 */
abstract class SimulatedClient {
  /** A content that clients refuse. */
  static final int POISON = 666;

  static final List<String> TYPES =
      List.of(TypeUrl.CLUSTER, TypeUrl.ENDPOINTS, TypeUrl.LISTENER, TypeUrl.ROUTES);

  final ClientKind kind;
  final Set<String> wildcards = new HashSet<>();
  private final Map<String, Set<String>> wanted = new HashMap<>();
  private final Map<String, Map<String, Any>> cache = new HashMap<>();
  private final Map<String, Any> acknowledged = new HashMap<>();
  private final Set<String> droppedOnStream = new HashSet<>();
  long resourcesReceived;

  SimulatedClient(ClientKind kind) {
    this.kind = kind;
    for (String type : TYPES) {
      wanted.put(type, new TreeSet<>());
      cache.put(type, new TreeMap<>());
    }
  }

  final Set<String> wanted(String type) {
    return wanted.getOrDefault(type, Set.of());
  }

  final Map<String, Any> cache(String type) {
    return cache.getOrDefault(type, Map.of());
  }

  final boolean wants(String type, String name) {
    return wildcards.contains(type) || wanted(type).contains(name);
  }

  static boolean poisoned(Any any) {
    return any.getValue().toString(StandardCharsets.ISO_8859_1).contains("" + POISON);
  }

  final void subscribe(String type, String name) {
    if (wanted(type).add(name)) {
      if (wildcards.contains(type)) {
        // Asked for by name, it is sent by name.
        droppedOnStream.add(type + name);
      }
      sendSubscribe(type, name);
    }
  }

  final void unsubscribe(String type, String name) {
    if (wanted(type).remove(name)) {
      if (forgets(type)) {
        cache(type).remove(name);
      }
      acknowledged.remove(type + name);
      droppedOnStream.add(type + name);
      sendUnsubscribe(type, name);
    }
  }

  /** Whether a name no longer asked for is dropped at once. */
  abstract boolean forgets(String type);

  final void connect(Engine engine) {
    acknowledged.clear();
    droppedOnStream.clear();
    open(engine);
  }

  abstract void open(Engine engine);

  abstract void disconnect();

  abstract boolean connected();

  abstract Engine.Recorder out();

  abstract void transportReady();

  abstract void sendSubscribe(String type, String name);

  abstract void sendUnsubscribe(String type, String name);

  /** Takes one response; false if there is none. */
  abstract boolean receive();

  /** Lets the server have one request; false if there is none. */
  abstract boolean deliver();

  /** How many responses of a type the client has not answered, as far as the server knows. */
  abstract int unanswered(String type);

  /** No resource comes twice with the bytes that were acknowledged on this stream. */
  final void checkNew(String type, String name, Any content) {
    resourcesReceived++;
    if (kind != ClientKind.ENVOY && !droppedOnStream.contains(type + name)) {
      assertThat(acknowledged.get(type + name))
          .as("%s %s repeated to a %s client", TypeUrl.shortName(type), name, kind)
          .isNotEqualTo(content);
    }
    acknowledged.remove(type + name);
  }

  final void acknowledged(String type, String name, Any content) {
    acknowledged.put(type + name, content);
  }

  final void told(String type, String name) {
    acknowledged.remove(type + name);
  }
}
