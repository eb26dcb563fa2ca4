package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshPeer;
import io.opentelemetry.context.Context;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.reactive.ConfigurableReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.server.reactive.HttpHandlerDecoratorFactory;
import org.springframework.web.reactive.BindingContext;
import org.springframework.web.reactive.DispatcherHandler;
import org.springframework.web.reactive.config.WebFluxConfigurer;
import org.springframework.web.reactive.result.method.HandlerMethodArgumentResolver;
import org.springframework.web.reactive.result.method.annotation.ArgumentResolverConfigurer;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/** Puts the mesh in front of everything that serves reactive requests. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnClass(DispatcherHandler.class)
class ReactiveConfiguration {
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  HttpHandlerDecoratorFactory meshHttpHandler(Mesh mesh) {
    return application -> new MeshHttpHandler(mesh, application);
  }

  /** Secures the web server with the mesh's identity. */
  @Bean
  @ConditionalOnClass(ConfigurableReactiveWebServerFactory.class)
  WebServerFactoryCustomizer<ConfigurableReactiveWebServerFactory> meshReactiveTls(
      ContainerTls tls) {
    return factory -> {
      if (tls.wanted()) {
        Ssl ssl = Ssl.forBundle(MeshSslBundle.NAME);
        ssl.setClientAuth(Ssl.ClientAuth.WANT);
        factory.setSsl(ssl);
        factory.setSslBundles(MeshSslBundle.of(tls.managers()));
      }
    };
  }

  /** Handler methods may ask for their caller. */
  @Bean
  WebFluxConfigurer meshPeerArguments() {
    return new WebFluxConfigurer() {
      @Override
      public void configureArgumentResolvers(ArgumentResolverConfigurer configurer) {
        configurer.addCustomResolver(new MeshPeerArgument());
      }
    };
  }

  private static final class MeshPeerArgument implements HandlerMethodArgumentResolver {
    @Override
    public boolean supportsParameter(MethodParameter parameter) {
      return parameter.getParameterType() == MeshPeer.class;
    }

    @Override
    public Mono<Object> resolveArgument(
        MethodParameter parameter, BindingContext binding, ServerWebExchange exchange) {
      return Mono.deferContextual(
          view ->
              Mono.justOrEmpty(
                  view.<Context>getOrEmpty(Context.class)
                      .flatMap(context -> MeshPeer.of(context))));
    }
  }
}
