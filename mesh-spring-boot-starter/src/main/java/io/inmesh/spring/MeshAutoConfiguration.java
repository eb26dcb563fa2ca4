package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Joins the application to the mesh; {@code inmesh.enabled=false} leaves everything as it was. */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "inmesh.enabled", matchIfMissing = true)
@EnableConfigurationProperties(MeshProperties.class)
@Import({OutboundConfiguration.class, InboundConfiguration.class, HealthConfiguration.class})
class MeshAutoConfiguration {
  /** The process's membership; an application may bring its own. */
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Mesh mesh(MeshProperties properties, Environment environment) {
    return Mesh.start(config(properties, environment));
  }

  private static MeshConfig config(MeshProperties properties, Environment environment) {
    MeshConfig.Builder config = MeshConfig.builder().environment();
    if (properties.controlServer() != null) {
      config.controlServer(properties.controlServer());
    }
    String name = environment.getProperty("spring.application.name");
    if (properties.service() != null) {
      config.service(properties.service());
    } else if (name != null && !config.hasService()) {
      config.service(name);
    }
    if (properties.namespace() != null) {
      config.namespace(properties.namespace());
    }
    if (properties.version() != null) {
      config.version(properties.version());
    }
    if (properties.token() != null) {
      config.token(properties.token());
    }
    if (properties.stateDir() != null) {
      config.stateDir(properties.stateDir());
    }
    if (properties.insecure() != null) {
      config.insecure(properties.insecure());
    }
    if (properties.labels() != null) {
      config.labels(properties.labels());
    }
    if (properties.locality() != null) {
      config.locality(properties.locality());
    }
    return config.build();
  }

  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnBooleanProperty(name = "inmesh.registration.enabled", matchIfMissing = true)
  MeshRegistration meshRegistration(ObjectProvider<Mesh> mesh, MeshProperties properties) {
    return new MeshRegistration(mesh.getObject(), properties.registration());
  }
}
