package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;

/**
 * The part of {@link SupportedFields} about TLS. What is not listed would change who is believed,
 * so it rejects the resource; files and environment variables of this host are never read for it.
 */
final class TlsFields {
  private TlsFields() {}

  static void declare() {
    message(Cluster.TransportSocketMatch.class)
        .supports("match", "transport_socket")
        .ignores("name");
    strictMessage(UpstreamTlsContext.class)
        .supports("common_tls_context", "sni")
        .ignores("max_session_keys");
    strictMessage(DownstreamTlsContext.class)
        .supports("common_tls_context", "require_client_certificate")
        .ignores("session_timeout", "disable_stateless_session_resumption");
    strictMessage(CommonTlsContext.class)
        .supports(
            "tls_params",
            "tls_certificate_provider_instance",
            "tls_certificate_sds_secret_configs",
            "validation_context",
            "combined_validation_context",
            "validation_context_sds_secret_config")
        .ignores("alpn_protocols");
    strictMessage(TlsParameters.class)
        .supports(
            "tls_minimum_protocol_version",
            "tls_maximum_protocol_version",
            "cipher_suites",
            "ecdh_curves");
    strictMessage(CombinedCertificateValidationContext.class)
        .supports("default_validation_context", "validation_context_sds_secret_config");
    strictMessage(CertificateValidationContext.class)
        .supports(
            "trusted_ca",
            "ca_certificate_provider_instance",
            "system_root_certs",
            "match_typed_subject_alt_names",
            "match_subject_alt_names");
    message(CertificateValidationContext.SystemRootCerts.class);
    strictMessage(SubjectAltNameMatcher.class).supports("san_type", "matcher");
    message(CertificateProviderPluginInstance.class).ignores("instance_name", "certificate_name");
    message(SdsSecretConfig.class).supports("name").ignores("sds_config");
  }
}
