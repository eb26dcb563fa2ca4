package io.inmesh.benchmarks.armeria;

import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.linecorp.armeria.xds.XdsBootstrap;
import com.linecorp.armeria.xds.client.endpoint.XdsHttpPreprocessor;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap.DynamicResources;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.benchmarks.load.Client;
import java.io.IOException;

/** Armeria's xDS client with the bootstrap of the environment. */
final class Bootstraps {
  private Bootstraps() {}

  /** For the listener that the settings name as their target. */
  static XdsHttpPreprocessor listener(Client.Settings settings) throws IOException {
    TypeRegistry types = TypeRegistry.newBuilder().add(HttpProtocolOptions.getDescriptor()).build();
    Bootstrap.Builder bootstrap = Bootstrap.newBuilder();
    JsonFormat.parser().usingTypeRegistry(types).merge(System.getenv("XDS_BOOTSTRAP"), bootstrap);
    DynamicResources.Builder dynamic = bootstrap.getDynamicResourcesBuilder();
    dynamic.setLdsConfig(dynamic.getCdsConfig()); // Envoy's has listeners of its own
    return XdsHttpPreprocessor.ofListener(settings.target(), XdsBootstrap.of(bootstrap.build()));
  }
}
