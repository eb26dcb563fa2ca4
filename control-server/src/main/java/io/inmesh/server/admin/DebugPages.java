package io.inmesh.server.admin;

import io.inmesh.server.ads.ClientStatus;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.SentResource;
import io.inmesh.server.ads.TypeStatus;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.compile.CapabilityClass;
import io.inmesh.server.compile.View;
import io.inmesh.server.config.Resource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the server knows and what it told whom. Read-only. */
final class DebugPages {
  private static final Map<String, String> TYPES =
      new LinkedHashMap<>(
          Map.of(
              "lds", TypeUrl.LISTENER,
              "rds", TypeUrl.ROUTES,
              "cds", TypeUrl.CLUSTER,
              "eds", TypeUrl.ENDPOINTS));
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final AdminSource source;

  private DebugPages(AdminSource source) {
    this.source = source;
  }

  static void add(AdminServer server, AdminSource source) {
    DebugPages pages = new DebugPages(source);
    server.route(
        "GET", "/v1/services", AdminRole.VIEWER, r -> json("services", ServiceView.all(source)));
    server.route(
        "GET", "/v1/findings", AdminRole.VIEWER, r -> AdminReply.json(FindingView.all(source)));
    server.route(
        "GET", "/debug/findings", AdminRole.VIEWER, r -> AdminReply.json(FindingView.all(source)));
    server.route("GET", "/debug/clients", AdminRole.VIEWER, pages::clients);
    server.route("GET", "/debug/subscriptions", AdminRole.VIEWER, pages::subscriptions);
    server.route("GET", "/debug/resources", AdminRole.VIEWER, pages::resources);
    server.route("GET", "/debug/config", AdminRole.VIEWER, pages::config);
    server.route("GET", "/debug/registry", AdminRole.VIEWER, pages::registry);
  }

  private static AdminReply json(String name, Object value) {
    return AdminReply.json(Map.of(name, value));
  }

  private AdminReply clients(AdminRequest request) {
    String id = request.query("id");
    return json(
        "clients",
        source.clients().clients().stream()
            .filter(client -> id.isEmpty() || client.nodeId().equals(id))
            .map(ClientView::of)
            .toList());
  }

  private AdminReply subscriptions(AdminRequest request) throws AdminException {
    String id = request.query("id");
    List<Map<String, Object>> out = new ArrayList<>();
    for (ClientStatus client : source.clients().clients()) {
      if (id.isEmpty() || client.nodeId().equals(id)) {
        out.add(subscriptions(client));
      }
    }
    return json("subscriptions", out);
  }

  private Map<String, Object> subscriptions(ClientStatus client) throws AdminException {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", client.nodeId());
    out.put("connection", client.connection());
    Map<String, Object> types = new LinkedHashMap<>();
    for (TypeStatus type : client.types()) {
      Map<String, Object> sent = new LinkedHashMap<>();
      for (SentResource resource : sent(client, type)) {
        sent.put(resource.name(), resource.version());
      }
      types.put(TypeUrl.shortName(type.typeUrl()), sent);
    }
    out.put("sent", types);
    return out;
  }

  private List<SentResource> sent(ClientStatus client, TypeStatus type) throws AdminException {
    try {
      return source.clients().sent(client.connection(), type.typeUrl()).get(5, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot read a stream", e);
    } catch (TimeoutException e) {
      throw new AdminException(503, "unavailable", "", "a stream did not answer within 5 s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(503, "unavailable", "", "the server is stopping");
    }
  }

  private AdminReply resources(AdminRequest request) throws AdminException {
    String name = request.query("name");
    String wanted = request.query("type");
    if (!wanted.isEmpty() && !TYPES.containsKey(wanted)) {
      throw AdminException.badRequest("type", "must be one of lds, rds, cds, eds");
    }
    List<String> views = views(request);
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("revision", source.store().revision());
    out.put("views", views);
    for (Map.Entry<String, String> type : TYPES.entrySet()) {
      if (wanted.isEmpty() || wanted.equals(type.getKey())) {
        out.put(type.getKey(), resources(type.getValue(), name, views));
      }
    }
    return AdminReply.json(out);
  }

  private List<Map<String, Object>> resources(String typeUrl, String name, List<String> views) {
    ResourceStore store = source.store();
    List<Map<String, Object>> out = new ArrayList<>();
    for (String each : store.names(typeUrl)) {
      if (name.isEmpty() || name.equals(each)) {
        Map<String, Object> resource = new LinkedHashMap<>();
        resource.put("name", each);
        resource.put("version", store.version(typeUrl, each, views).orElse(""));
        if (!name.isEmpty()) {
          store
              .find(typeUrl, each, views)
              .ifPresent(any -> resource.put("resource", ResourceView.of(any)));
        }
        out.add(resource);
      }
    }
    return out;
  }

  /** Through whose eyes: those of a connected client, or of a class and namespace. */
  private List<String> views(AdminRequest request) throws AdminException {
    String id = request.query("client");
    if (!id.isEmpty()) {
      return source.clients().clients().stream()
          .filter(client -> client.nodeId().equals(id))
          .findFirst()
          .orElseThrow(() -> AdminException.notFound("no connected client has the id " + id))
          .views();
    }
    CapabilityClass clients =
        switch (request.query("class")) {
          case "", "inmesh" -> CapabilityClass.INMESH;
          case "grpc" -> CapabilityClass.GRPC;
          case "envoy" -> CapabilityClass.ENVOY;
          default -> throw AdminException.badRequest("class", "must be inmesh, grpc or envoy");
        };
    String namespace = request.query("namespace");
    return View.lookupOrder(clients, namespace.isEmpty() ? "default" : namespace).stream()
        .map(View::toString)
        .toList();
  }

  private AdminReply config(AdminRequest request) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("generation", source.config().generation());
    List<Map<String, Object>> objects = new ArrayList<>();
    for (Resource<?> resource : source.config().all()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("key", resource.key().toString());
      object.put("source", resource.provenance().toString());
      object.put("object", parsed(resource.canonical()));
      objects.add(object);
    }
    out.put("objects", objects);
    return AdminReply.json(out);
  }

  private static JsonNode parsed(String canonical) {
    return MAPPER.readTree(canonical);
  }

  private AdminReply registry(AdminRequest request) {
    var snapshot = source.registry().snapshot();
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("revision", snapshot.revision());
    out.put("alarms", source.registry().alarms().stream().map(FindingView::of).toList());
    out.put("instances", snapshot.instances().map(InstanceView::of).toList());
    return AdminReply.json(out);
  }
}
