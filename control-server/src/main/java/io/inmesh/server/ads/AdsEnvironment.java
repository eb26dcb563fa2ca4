package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.ControlPlane;
import io.inmesh.control.Clock;

/** What all streams of an engine share. */
record AdsEnvironment(
    ResourceStore store,
    ViewSelector views,
    Absence absence,
    AdsLimits limits,
    Allowance allowance,
    AdsMetrics metrics,
    Clock clock,
    ControlPlane controlPlane) {}
