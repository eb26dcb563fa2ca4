package io.inmesh.telemetry;

import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;

/** How long this process's certificate is still good, and how often there was a new one. */
public final class IdentityMetrics implements AutoCloseable {
  private final LongCounter refreshes;
  private final ObservableLongGauge expiration;

  /** Metrics of a process's certificate. */
  public IdentityMetrics(OpenTelemetry telemetry, TlsMaterial material) {
    Meter meter = telemetry.getMeter(InstrumentNames.SCOPE);
    refreshes =
        meter
            .counterBuilder(InstrumentNames.IDENTITY_REFRESHES)
            .setDescription("Certificates obtained for this process")
            .build();
    expiration =
        meter
            .gaugeBuilder(InstrumentNames.IDENTITY_EXPIRATION)
            .ofLongs()
            .setUnit("s")
            .setDescription("When this process's certificate ends, in seconds since 1970")
            .buildWithCallback(
                gauge -> {
                  Svid svid = material.svid();
                  if (svid != null) {
                    gauge.record(svid.expires().getEpochSecond());
                  }
                });
  }

  /** There is a new certificate. */
  public void refreshed() {
    refreshes.add(1);
  }

  @Override
  public void close() {
    expiration.close();
  }
}
