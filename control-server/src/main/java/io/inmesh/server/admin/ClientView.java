package io.inmesh.server.admin;

import io.inmesh.server.ads.ClientStatus;
import io.inmesh.server.ads.TypeStatus;
import io.inmesh.server.ads.TypeUrl;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Connected clients as JSON. */
final class ClientView {
  private ClientView() {}

  static Map<String, Object> of(ClientStatus client) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", client.nodeId());
    out.put("connection", client.connection());
    out.put("service", client.cluster());
    out.put("kind", client.kind().name().toLowerCase(Locale.ROOT));
    out.put("version", client.version());
    out.put("userAgent", client.userAgent());
    out.put("protocol", client.delta() ? "delta" : "sotw");
    out.put("remoteAddress", client.remoteAddress());
    out.put("connectedSince", client.connectedSince().toString());
    out.put("views", client.views());
    Map<String, Object> types = new LinkedHashMap<>();
    client.types().forEach(type -> types.put(TypeUrl.shortName(type.typeUrl()), of(type)));
    out.put("types", types);
    return out;
  }

  private static Map<String, Object> of(TypeStatus type) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("state", type.state().name());
    out.put("subscribed", type.subscribed());
    out.put("wildcard", type.wildcard());
    out.put("versionSent", type.versionSent());
    out.put("versionAcknowledged", type.versionAcknowledged());
    out.put("lagMillis", type.lag().toMillis());
    if (type.lastError() != null) {
      out.put("lastError", type.lastError());
    }
    if (type.sentAt() != null) {
      out.put("sentAt", type.sentAt().toString());
    }
    if (type.settledAt() != null) {
      out.put("settledAt", type.settledAt().toString());
    }
    return out;
  }
}
