package io.inmesh.server.admin;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.MeshCa;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** Join tokens, bans and the rotation of the root, for operators. */
final class IdentityApi {
  private static final Set<String> TOKEN_FIELDS =
      new TreeSet<>(Set.of("namespace", "serviceAccount", "uses", "ttlSeconds", "networks"));

  private final MeshCa ca;

  private IdentityApi(MeshCa ca) {
    this.ca = ca;
  }

  static void add(AdminServer server, MeshCa ca) {
    IdentityApi api = new IdentityApi(ca);
    server.route("GET", "/v1/tokens", AdminRole.OPERATOR, api::tokens);
    server.change("POST", "/v1/tokens", AdminRole.OPERATOR, api::createToken);
    server.change("DELETE", "/v1/tokens/{id}", AdminRole.OPERATOR, api::revokeToken);
    server.route("GET", "/v1/ca", AdminRole.VIEWER, api::status);
    server.change("POST", "/v1/ca/renewal", AdminRole.CA, api::beginRenewal);
    server.change("PUT", "/v1/ca/renewal", AdminRole.CA, api::renew);
    server.change("POST", "/v1/ca/prepare", AdminRole.CA, api::prepare);
    server.change("POST", "/v1/ca/{id}/activate", AdminRole.CA, api::activate);
    server.change("POST", "/v1/ca/{id}/taint", AdminRole.CA, api::taint);
    server.change("POST", "/v1/ca/{id}/revoke", AdminRole.CA, api::revoke);
    server.change("PUT", "/v1/bans", AdminRole.OPERATOR, api::ban);
    server.change("DELETE", "/v1/bans", AdminRole.OPERATOR, api::unban);
  }

  private interface Change {
    Object run() throws CaException;
  }

  private static AdminReply change(Change change) throws AdminException {
    try {
      return AdminReply.json(change.run());
    } catch (CaException e) {
      String message = String.valueOf(e.getMessage());
      throw e.isUnavailable()
          ? new AdminException(503, "unavailable", "", message)
          : new AdminException(409, "refused", "", message);
    }
  }

  private AdminReply tokens(AdminRequest request) {
    return AdminReply.json(Map.of("tokens", ca.tokens().descriptions()));
  }

  private AdminReply createToken(AdminRequest request) throws AdminException {
    JsonReader body = JsonReader.object(request.jsonObject(false), "", TOKEN_FIELDS);
    SpiffeId identity = identity(body.string("namespace"), body.string("serviceAccount"));
    int uses = (int) Math.min(Integer.MAX_VALUE, body.integer("uses"));
    Duration ttl = Duration.ofSeconds(body.integer("ttlSeconds"));
    Set<String> networks = new TreeSet<>();
    for (JsonNode network : body.array("networks").values()) {
      networks.add(network.asString(""));
    }
    return change(
        () -> {
          String secret = ca.tokens().create(identity, uses, ttl, networks);
          ca.audit()
              .note(
                  "token created",
                  "token",
                  secret.substring(0, secret.indexOf('.')),
                  "identity",
                  identity.toString());
          Map<String, Object> made = new LinkedHashMap<>();
          made.put("token", secret + "." + String.join(".", ca.authority().pins()));
          made.put("identity", identity.toString());
          return made;
        });
  }

  private SpiffeId identity(String namespace, String serviceAccount) throws AdminException {
    if (namespace.equals(SpiffeId.SYSTEM_NAMESPACE)) {
      throw AdminException.badRequest("namespace", "is the control server's own");
    }
    try {
      return SpiffeId.of(ca.authority().trustDomain(), namespace, serviceAccount);
    } catch (IllegalArgumentException e) {
      throw AdminException.badRequest("serviceAccount", String.valueOf(e.getMessage()));
    }
  }

  private AdminReply revokeToken(AdminRequest request) throws AdminException {
    String id = request.path("id");
    return change(
        () -> {
          boolean revoked = ca.tokens().revoke(id);
          if (revoked) {
            ca.audit().note("token revoked", "token", id);
          }
          return Map.of("revoked", revoked);
        });
  }

  private AdminReply status(AdminRequest request) {
    Map<String, Object> status = new LinkedHashMap<>();
    status.put("trustDomain", ca.authority().trustDomain());
    status.put("sequence", ca.authority().trust().sequence());
    status.put("clients", ca.rotation().clients());
    status.put("late", ca.rotation().late());
    status.put("authorities", ca.rotation().status());
    status.put(
        "banned",
        ca.authority().trust().bundle().banned().stream()
            .map(SpiffeId::toString)
            .sorted()
            .toList());
    return AdminReply.json(status);
  }

  private AdminReply beginRenewal(AdminRequest request) throws AdminException {
    return change(() -> ca.rotation().request());
  }

  private AdminReply renew(AdminRequest request) throws AdminException {
    String certificate =
        JsonReader.object(request.jsonObject(false), "", Set.of("certificate"))
            .string("certificate");
    return change(
        () -> {
          ca.rotation().renew(certificate);
          return Map.of("authorities", ca.rotation().status());
        });
  }

  private AdminReply prepare(AdminRequest request) throws AdminException {
    JsonReader body =
        JsonReader.object(request.jsonObject(true), "", Set.of("root", "certificate"));
    String root = body.string("root");
    String certificate = body.string("certificate");
    return change(
        () ->
            Map.of(
                "prepared",
                root.isEmpty()
                    ? ca.rotation().prepare()
                    : ca.rotation().prepare(root, certificate)));
  }

  private interface Step {
    void run(String id, boolean force) throws CaException;
  }

  private AdminReply step(AdminRequest request, Step step) throws AdminException {
    return change(
        () -> {
          step.run(request.path("id"), request.query("force").equals("true"));
          return Map.of("authorities", ca.rotation().status());
        });
  }

  private AdminReply activate(AdminRequest request) throws AdminException {
    return step(request, ca.rotation()::activate);
  }

  private AdminReply taint(AdminRequest request) throws AdminException {
    return step(request, ca.rotation()::taint);
  }

  private AdminReply revoke(AdminRequest request) throws AdminException {
    return step(request, ca.rotation()::revoke);
  }

  private AdminReply ban(AdminRequest request) throws AdminException {
    SpiffeId id = banned(request);
    return change(
        () -> {
          ca.rotation().ban(id);
          return Map.of("banned", List.of(id.toString()));
        });
  }

  private AdminReply unban(AdminRequest request) throws AdminException {
    SpiffeId id = banned(request);
    return change(
        () -> {
          ca.rotation().unban(id);
          return Map.of("unbanned", List.of(id.toString()));
        });
  }

  private static SpiffeId banned(AdminRequest request) throws AdminException {
    try {
      return SpiffeId.parse(request.query("identity"));
    } catch (IllegalArgumentException e) {
      throw AdminException.badRequest("identity", String.valueOf(e.getMessage()));
    }
  }
}
