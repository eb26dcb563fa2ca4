package io.inmesh.server.admin;

import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.registry.InstanceClaim;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistrationException;
import io.inmesh.server.registry.Registry;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Registration for processes that hold no stream: {@code PUT} with a TTL, heartbeats, {@code
 * DELETE}. Changes are taken from this machine only, because the admin port knows no identities.
 */
final class InstancesApi {
  private static final String INSTANCE = "/v1/instances/{namespace}/{service}/{id}";
  private static final int MAX_BATCH = 1_000;
  private static final Set<String> FIELDS =
      new TreeSet<>(
          Set.of("version", "address", "ports", "labels", "locality", "weight", "health", "ttl"));
  private static final Set<String> PORT_FIELDS =
      new TreeSet<>(Set.of("name", "appProtocol", "servicePort", "instancePort"));
  private static final Set<String> LOCALITY_FIELDS =
      new TreeSet<>(Set.of("region", "zone", "subzone"));
  private static final Set<String> HEARTBEAT_FIELDS =
      new TreeSet<>(Set.of("namespace", "service", "id", "health"));

  private final Registry registry;

  private InstancesApi(Registry registry) {
    this.registry = registry;
  }

  static void add(AdminServer server, AdminSource source) {
    InstancesApi api = new InstancesApi(source.registry());
    server.route("GET", "/v1/instances", AdminRole.VIEWER, api::list);
    server.route("GET", INSTANCE, AdminRole.VIEWER, api::get);
    server.change("PUT", INSTANCE, AdminRole.OPERATOR, api::put);
    server.change("DELETE", INSTANCE, AdminRole.OPERATOR, api::delete);
    server.route("POST", INSTANCE + "/heartbeat", AdminRole.OPERATOR, api::heartbeat);
    server.route("POST", "/v1/heartbeats", AdminRole.OPERATOR, api::heartbeats);
  }

  private AdminReply list(AdminRequest request) {
    String namespace = request.query("namespace");
    String service = request.query("service");
    var snapshot = registry.snapshot();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("revision", snapshot.revision());
    out.put(
        "instances",
        snapshot
            .instances()
            .filter(i -> namespace.isEmpty() || i.key().namespace().equals(namespace))
            .filter(i -> service.isEmpty() || i.key().service().equals(service))
            .map(InstanceView::of)
            .toList());
    return AdminReply.json(out);
  }

  private AdminReply get(AdminRequest request) throws AdminException {
    InstanceKey key = key(request);
    RegisteredInstance instance =
        registry.snapshot().instances(key.serviceKey()).stream()
            .filter(i -> i.key().equals(key))
            .findFirst()
            .orElseThrow(() -> AdminException.notFound("no instance " + key));
    return AdminReply.json(InstanceView.of(instance));
  }

  private AdminReply put(AdminRequest request) throws AdminException {
    requireLocal(request);
    InstanceKey key = key(request);
    JsonReader body = JsonReader.object(request.jsonObject(false), "", FIELDS);
    List<InstanceClaim.PortClaim> ports = new ArrayList<>();
    for (Map.Entry<String, JsonNode> element : body.array("ports").entrySet()) {
      JsonReader port = JsonReader.object(element.getValue(), element.getKey(), PORT_FIELDS);
      ports.add(
          new InstanceClaim.PortClaim(
              port.string("name"),
              port.string("appProtocol"),
              port.integer("servicePort"),
              port.integer("instancePort")));
    }
    JsonReader locality = body.object("locality", LOCALITY_FIELDS);
    InstanceClaim claim =
        new InstanceClaim(
            key.id(),
            key.service(),
            key.namespace(),
            body.string("version"),
            body.string("address"),
            ports,
            body.strings("labels"),
            locality.string("region"),
            locality.string("zone"),
            locality.string("subzone"),
            body.integer("weight"),
            body.string("health"));
    Duration ttl = ttl(body.string("ttl"));
    try {
      RegisteredInstance registered = await(registry.register(claim, request.remoteAddress(), ttl));
      Map<String, Object> out = new LinkedHashMap<>();
      out.put("epoch", registered.epoch());
      out.put("ttlMillis", (ttl == null ? registry.terms().ttl() : ttl).toMillis());
      out.put("instance", InstanceView.of(registered));
      return AdminReply.json(out);
    } catch (RegistrationException e) {
      throw refusal(e);
    }
  }

  private AdminReply delete(AdminRequest request) throws AdminException {
    requireLocal(request);
    InstanceKey key = key(request);
    if (!await(registry.deregister(key))) {
      throw AdminException.notFound("no instance " + key);
    }
    return AdminReply.empty(204);
  }

  private AdminReply heartbeat(AdminRequest request) throws AdminException {
    requireLocal(request);
    InstanceKey key = key(request);
    JsonReader body = JsonReader.object(request.jsonObject(true), "", Set.of("health"));
    var beat = new Registry.Heartbeat(key, health("health", body.string("health")));
    if (!await(registry.heartbeat(List.of(beat))).isEmpty()) {
      throw AdminException.notFound(
          "no instance " + key + " that lives by heartbeats; register it with PUT");
    }
    return AdminReply.empty(204);
  }

  private AdminReply heartbeats(AdminRequest request) throws AdminException {
    requireLocal(request);
    JsonReader body = JsonReader.object(request.jsonObject(false), "", Set.of("instances"));
    Map<String, JsonNode> elements = body.array("instances");
    if (elements.size() > MAX_BATCH) {
      throw AdminException.badRequest(
          "instances", "at most " + MAX_BATCH + " at a time, got " + elements.size());
    }
    List<Registry.Heartbeat> beats = new ArrayList<>(elements.size());
    for (Map.Entry<String, JsonNode> element : elements.entrySet()) {
      JsonReader beat = JsonReader.object(element.getValue(), element.getKey(), HEARTBEAT_FIELDS);
      String namespace = beat.string("namespace");
      beats.add(
          new Registry.Heartbeat(
              new InstanceKey(
                  namespace.isEmpty() ? "default" : namespace,
                  beat.string("service"),
                  beat.string("id")),
              health(element.getKey() + ".health", beat.string("health"))));
    }
    List<InstanceKey> unknown = await(registry.heartbeat(beats));
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("renewed", beats.size() - unknown.size());
    out.put("unknown", unknown.stream().map(InstanceView::key).toList());
    return AdminReply.json(out);
  }

  private static InstanceKey key(AdminRequest request) {
    return new InstanceKey(request.path("namespace"), request.path("service"), request.path("id"));
  }

  private static void requireLocal(AdminRequest request) throws AdminException {
    if (!request.remote().isLoopbackAddress()) {
      throw new AdminException(
          403, "forbidden", "", "instances are registered over HTTP from this machine only");
    }
  }

  private static @Nullable InstanceHealth health(String field, String name) throws AdminException {
    return switch (name) {
      case "" -> null;
      case "HEALTHY" -> InstanceHealth.HEALTHY;
      case "UNHEALTHY" -> InstanceHealth.UNHEALTHY;
      case "DRAINING" -> InstanceHealth.DRAINING;
      default -> throw AdminException.badRequest(field, "must be HEALTHY, UNHEALTHY or DRAINING");
    };
  }

  private static @Nullable Duration ttl(String text) throws AdminException {
    if (text.isEmpty()) {
      return null;
    }
    try {
      // The Duration of Go and Gateway API, such as 30s or 1m30s, without fractions.
      return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
    } catch (DateTimeParseException e) {
      throw AdminException.badRequest("ttl", "must be a duration such as \"30s\" or \"2m\"");
    }
  }

  private static AdminException refusal(RegistrationException e) {
    String message = String.valueOf(e.getMessage());
    if (!e.field().isEmpty()) {
      message = message.substring(e.field().length() + 2);
    }
    return switch (e.reason()) {
      case INVALID -> AdminException.badRequest(camelCase(e.field()), message);
      case SUPERSEDED -> new AdminException(409, "superseded", "", message);
      case UNKNOWN -> AdminException.notFound(message);
      case FULL -> new AdminException(503, "full", "", message);
      case DENIED -> new AdminException(403, "denied", "", message);
    };
  }

  /** The registry speaks of fields as the protocol buffer spells them. */
  private static String camelCase(String field) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '_' && i + 1 < field.length()) {
        out.append(Character.toUpperCase(field.charAt(++i)));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static <T> T await(CompletableFuture<T> future) throws AdminException {
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RegistrationException refused) {
        throw refusal(refused);
      }
      throw new IllegalStateException("the registry failed", e);
    } catch (TimeoutException e) {
      throw new AdminException(503, "unavailable", "", "the registry is busy or stopping");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(503, "unavailable", "", "the server is stopping");
    }
  }
}
