package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.http.MeshHttpClient;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.JdkClientHttpRequestFactory;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.JdkClientHttpConnector;

/**
 * Wraps what Boot builds its HTTP clients on, below every builder, customizer and interceptor:
 * whatever application or library gets from Boot reaches mesh names through the mesh.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBooleanProperty(name = "inmesh.outbound.enabled", matchIfMissing = true)
class OutboundConfiguration {
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  MeshHttpClient meshHttpClient(Mesh mesh) {
    return MeshHttpClient.create(mesh);
  }

  /** RestClient, RestTemplate and HTTP interfaces over them. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({ClientHttpRequestFactoryBuilder.class, JdkClientHttpRequestFactory.class})
  static class Blocking {
    @Bean
    static BeanPostProcessor meshRequestFactories(
        ObjectProvider<Mesh> mesh, ObjectProvider<MeshHttpClient> client) {
      return new BeanPostProcessor() {
        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
          return bean instanceof ClientHttpRequestFactoryBuilder<?> builder
              ? wrap(builder, mesh, client)
              : bean;
        }
      };
    }

    private static ClientHttpRequestFactoryBuilder<ClientHttpRequestFactory> wrap(
        ClientHttpRequestFactoryBuilder<?> others,
        ObjectProvider<Mesh> mesh,
        ObjectProvider<MeshHttpClient> client) {
      return settings ->
          new MeshRequestFactory(
              mesh.getObject().outbound(),
              blocking(client.getObject(), settings),
              settings == null ? others.build() : others.build(settings));
    }

    private static ClientHttpRequestFactory blocking(
        MeshHttpClient client, @Nullable HttpClientSettings settings) {
      JdkClientHttpRequestFactory factory = new JdkClientHttpRequestFactory(client);
      Duration readTimeout = settings == null ? null : settings.readTimeout();
      if (readTimeout != null) {
        factory.setReadTimeout(readTimeout);
      }
      return factory;
    }
  }

  /** WebClient and HTTP interfaces over it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({
    ClientHttpConnectorBuilder.class,
    JdkClientHttpConnector.class,
    reactor.core.publisher.Mono.class
  })
  static class Reactive {
    @Bean
    static BeanPostProcessor meshConnectors(
        ObjectProvider<Mesh> mesh, ObjectProvider<MeshHttpClient> client) {
      return new BeanPostProcessor() {
        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
          return bean instanceof ClientHttpConnectorBuilder<?> builder
              ? wrap(builder, mesh, client)
              : bean;
        }
      };
    }

    private static ClientHttpConnectorBuilder<ClientHttpConnector> wrap(
        ClientHttpConnectorBuilder<?> others,
        ObjectProvider<Mesh> mesh,
        ObjectProvider<MeshHttpClient> client) {
      return settings ->
          new MeshConnector(
              mesh.getObject().outbound(),
              reactive(client.getObject(), settings),
              settings == null ? others.build() : others.build(settings));
    }

    private static ClientHttpConnector reactive(
        MeshHttpClient client, @Nullable HttpClientSettings settings) {
      JdkClientHttpConnector connector = new JdkClientHttpConnector(client);
      Duration readTimeout = settings == null ? null : settings.readTimeout();
      if (readTimeout != null) {
        connector.setReadTimeout(readTimeout);
      }
      return connector;
    }
  }
}
