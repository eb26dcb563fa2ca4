package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;
import static io.inmesh.xds.SupportedFields.strictMessage;

/**
 * The part of {@link SupportedFields} about TLS. What is not listed would change who is believed,
 * so it rejects the resource; files and environment variables of this host are never read for it.
 */
final class TlsFields {
  private TlsFields() {}

  static void declare() {
    message("envoy.config.cluster.v3.Cluster.TransportSocketMatch")
        .supports("match", "transport_socket")
        .ignores("name");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext")
        .supports("common_tls_context", "sni")
        .ignores("max_session_keys");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext")
        .supports("common_tls_context", "require_client_certificate")
        .ignores("session_timeout", "disable_stateless_session_resumption");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.CommonTlsContext")
        .supports(
            "tls_params",
            "tls_certificate_provider_instance",
            "tls_certificate_sds_secret_configs",
            "validation_context",
            "combined_validation_context",
            "validation_context_sds_secret_config")
        .ignores("alpn_protocols");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.TlsParameters")
        .supports(
            "tls_minimum_protocol_version",
            "tls_maximum_protocol_version",
            "cipher_suites",
            "ecdh_curves");
    strictMessage(
            "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext.CombinedCertificateValidationContext")
        .supports("default_validation_context", "validation_context_sds_secret_config");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext")
        .supports(
            "trusted_ca",
            "ca_certificate_provider_instance",
            "system_root_certs",
            "match_typed_subject_alt_names",
            "match_subject_alt_names",
            "custom_validator_config");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig")
        .supports("trust_domains");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig.TrustDomain")
        .supports("name", "trust_bundle");
    message(
        "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext.SystemRootCerts");
    strictMessage("envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher")
        .supports("san_type", "matcher");
    message("envoy.extensions.transport_sockets.tls.v3.CertificateProviderPluginInstance")
        .ignores("instance_name", "certificate_name");
    message("envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig")
        .supports("name")
        .ignores("sds_config");
  }
}
