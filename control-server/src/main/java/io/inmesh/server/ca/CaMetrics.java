package io.inmesh.server.ca;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;

/** The instruments of the authority, under istiod's names where it has the same. */
final class CaMetrics {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("method");
  private static final AttributeKey<String> AUTHORITY = AttributeKey.stringKey("authority");

  private final LongCounter issued;
  private final LongCounter refused;
  private final LongCounter overflows;

  CaMetrics(Meter meter, CertificateAuthority authority) {
    issued =
        meter
            .counterBuilder("citadel_server_success_cert_issuance_count")
            .setDescription("Certificates issued, by what the caller proved itself with")
            .build();
    refused =
        meter
            .counterBuilder("citadel_server_authentication_failure_count")
            .setDescription("Requests for certificates that were refused")
            .build();
    overflows =
        meter
            .counterBuilder("inmesh.ca.overflows")
            .setDescription("Requests for certificates turned away because too many waited")
            .build();
    meter
        .gaugeBuilder("citadel_server_root_cert_expiry_timestamp")
        .ofLongs()
        .setUnit("s")
        .setDescription("When each root ends, in seconds since 1970")
        .buildWithCallback(
            gauge ->
                authority
                    .authorities()
                    .forEach(
                        known ->
                            gauge.record(
                                known.root().getNotAfter().toInstant().getEpochSecond(),
                                Attributes.of(AUTHORITY, known.id()))));
    meter
        .gaugeBuilder("citadel_server_cert_chain_expiry_timestamp")
        .ofLongs()
        .setUnit("s")
        .setDescription("When the certificate that signs ends, in seconds since 1970")
        .buildWithCallback(gauge -> gauge.record(authority.active().expires().getEpochSecond()));
  }

  void issued(String method) {
    issued.add(1, Attributes.of(METHOD, method));
  }

  void refused(String method) {
    refused.add(1, Attributes.of(METHOD, method));
  }

  void overflow() {
    overflows.add(1);
  }
}
