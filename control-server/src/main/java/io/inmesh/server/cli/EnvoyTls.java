package io.inmesh.server.cli;

import io.inmesh.identity.ControlServerTls;
import io.inmesh.server.compile.EnvoySecrets;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Mutual TLS in an Envoy's bootstrap; certificate, key and roots come from the agent beside it.
 *
 * @param trustDomain whose identities are believed
 */
record EnvoyTls(String trustDomain) {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String TLS = "envoy.transport_sockets.tls";
  private static final String TYPES =
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.";

  /** To the control server, whatever name or address it is reached by. */
  ObjectNode toControlServer() {
    ObjectNode socket = JSON.createObjectNode();
    ObjectNode context = context(socket, "UpstreamTlsContext");
    common(context, EnvoySecrets.ROOTS, "exact", ControlServerTls.identity(trustDomain).toString())
        .putObject("tls_params")
        .put("tls_maximum_protocol_version", "TLSv1_3"); // an Envoy that calls stops at 1.2
    return socket;
  }

  /**
   * From peers, which must have a certificate of the mesh's trust domain or of one that it believes
   * for now: which, the agent says.
   */
  ObjectNode fromPeers() {
    ObjectNode socket = JSON.createObjectNode();
    ObjectNode context = context(socket, "DownstreamTlsContext");
    context.put("require_client_certificate", true);
    common(context, EnvoySecrets.ALL_ROOTS, "prefix", "spiffe://")
        .putArray("alpn_protocols")
        .add("h2")
        .add("http/1.1");
    return socket;
  }

  private static ObjectNode context(ObjectNode socket, String type) {
    return socket.put("name", TLS).putObject("typed_config").put("@type", TYPES + type);
  }

  private static ObjectNode common(ObjectNode context, String roots, String match, String peer) {
    ObjectNode common = context.putObject("common_tls_context");
    secret(
        common.putArray("tls_certificate_sds_secret_configs").addObject(), EnvoySecrets.IDENTITY);
    ObjectNode validation = common.putObject("combined_validation_context");
    validation
        .putObject("default_validation_context")
        .putArray("match_typed_subject_alt_names")
        .addObject()
        .put("san_type", "URI")
        .putObject("matcher")
        .put(match, peer);
    secret(validation.putObject("validation_context_sds_secret_config"), roots);
    return common;
  }

  private static void secret(ObjectNode secret, String name) {
    ObjectNode source = secret.put("name", name).putObject("sds_config");
    source.put("resource_api_version", "V3");
    ObjectNode api = source.putObject("api_config_source");
    api.put("api_type", "GRPC").put("transport_api_version", "V3");
    api.putArray("grpc_services")
        .addObject()
        .putObject("envoy_grpc")
        .put("cluster_name", EnvoySecrets.AGENT);
  }
}
