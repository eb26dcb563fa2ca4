package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.opentelemetry.api.OpenTelemetry;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Joins the application to the mesh; {@code inmesh.enabled=false} leaves everything as it was. */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "inmesh.enabled", matchIfMissing = true)
@EnableConfigurationProperties(MeshProperties.class)
@Import({
  OutboundConfiguration.class,
  InboundConfiguration.class,
  ReactiveConfiguration.class,
  TomcatTlsConfiguration.class,
  NettyConfiguration.class,
  HealthConfiguration.class
})
class MeshAutoConfiguration {
  /** The process's membership; an application may bring its own. */
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Mesh mesh(
      MeshProperties properties,
      Environment environment,
      ObjectProvider<OpenTelemetry> telemetry,
      ObjectProvider<MeshConfigCustomizer> customizers) {
    try {
      MeshConfig.Builder config =
          config(properties, environment.getProperty("spring.application.name"));
      telemetry.ifUnique(config::openTelemetry);
      customizers.orderedStream().forEach(customizer -> customizer.customize(config));
      return Mesh.start(config.build());
    } catch (IllegalArgumentException e) {
      throw new MeshSettingsException(e);
    }
  }

  @Bean
  @ConditionalOnWebApplication
  ContainerTls meshContainerTls(Mesh mesh, MeshProperties properties, Environment environment) {
    return new ContainerTls(mesh, properties, environment);
  }

  /** A management server has a namespace; the application's own has none. */
  @Bean
  @ConditionalOnWebApplication
  static ApplicationListener<WebServerInitializedEvent> meshContainerPort(
      ObjectProvider<ContainerTls> tls) {
    return event -> {
      if (event.getApplicationContext().getServerNamespace() == null) {
        ForwardedHeaders.check(event.getApplicationContext().getEnvironment());
        tls.getObject().listens(event.getWebServer().getPort());
      }
    };
  }

  private static MeshConfig.Builder config(
      MeshProperties properties, @Nullable String applicationName) {
    MeshConfig.Builder config = MeshConfig.builder().environment();
    PropertyMapper map = PropertyMapper.get();
    map.from(properties::controlServer).to(config::controlServer);
    map.from(properties::service)
        .orFrom(() -> config.hasService() ? null : applicationName)
        .to(config::service);
    map.from(properties::namespace).to(config::namespace);
    map.from(properties::version).to(config::version);
    map.from(properties::instance).to(config::instance);
    map.from(properties::address).to(config::address);
    map.from(properties::labels).to(config::labels);
    map.from(properties::locality).to(config::locality);
    map.from(properties::weight).to(config::weight);
    map.from(properties::insecure).to(config::insecure);
    map.from(properties::token).to(config::token);
    map.from(properties::tokenFile).to(config::tokenFile);
    map.from(properties::kubernetesTokenFile).to(config::kubernetesTokenFile);
    map.from(properties::oidcTokenFile).to(config::oidcTokenFile);
    map.from(properties::identityDir).to(config::identityDir);
    map.from(properties::credentialsDir).to(config::credentialsDir);
    map.from(properties::workloadApi).to(config::workloadApi);
    map.from(properties::rootPins).to(config::rootPins);
    map.from(properties::stateDir).to(config::stateDir);
    map.from(properties::managementAddress).to(config::managementAddress);
    map.from(properties::domainSuffix).to(config::domainSuffix);
    map.from(properties::dependencies).to(config::dependencies);
    map.from(properties::meshHosts).to(config::meshHosts);
    map.from(properties::outboundTrafficPolicy).to(config::outboundTrafficPolicy);
    map.from(properties::readyTimeout).to(config::readyTimeout);
    map.from(properties::drainTimeout).to(config::drainTimeout);
    return config;
  }

  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnBooleanProperty(name = "inmesh.registration.enabled", matchIfMissing = true)
  MeshRegistration meshRegistration(ObjectProvider<Mesh> mesh, MeshProperties properties) {
    return new MeshRegistration(mesh.getObject(), properties.registration());
  }
}
