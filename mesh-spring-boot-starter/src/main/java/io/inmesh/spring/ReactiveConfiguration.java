package io.inmesh.spring;

import io.inmesh.Mesh;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.DispatcherHandler;

/** Puts the mesh in front of everything that serves reactive requests. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass(DispatcherHandler.class)
class ReactiveConfiguration {
  @Bean
  MeshWebFilter meshWebFilter(Mesh mesh) {
    return new MeshWebFilter(mesh);
  }
}
