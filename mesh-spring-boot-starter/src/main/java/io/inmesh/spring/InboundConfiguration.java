package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshPeer;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.boot.web.servlet.ServletListenerRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Puts the mesh in front of everything that serves servlet requests. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(FilterRegistrationBean.class)
class InboundConfiguration {
  @Bean
  FilterRegistrationBean<MeshServletFilter> meshServletFilter(Mesh mesh) {
    FilterRegistrationBean<MeshServletFilter> registration = new First(new MeshServletFilter(mesh));
    registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
    registration.setDispatcherTypes(
        EnumSet.of(
            DispatcherType.REQUEST,
            DispatcherType.FORWARD,
            DispatcherType.INCLUDE,
            DispatcherType.ASYNC,
            DispatcherType.ERROR));
    registration.setAsyncSupported(true);
    return registration;
  }

  /** It also has to know when the container is done with a request. */
  @Bean
  ServletListenerRegistrationBean<MeshServletFilter> meshServletListener(
      FilterRegistrationBean<MeshServletFilter> filter) {
    return new ServletListenerRegistrationBean<>(Objects.requireNonNull(filter.getFilter()));
  }

  /** Before filters that also have the highest precedence, and may change what a request says. */
  private static final class First extends FilterRegistrationBean<MeshServletFilter>
      implements PriorityOrdered {
    First(MeshServletFilter filter) {
      super(filter);
    }
  }

  /** Handler methods may ask for their caller. */
  @Bean
  @ConditionalOnClass(WebMvcConfigurer.class)
  WebMvcConfigurer meshPeerArguments() {
    return new WebMvcConfigurer() {
      @Override
      public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(new MeshPeerArgument());
      }
    };
  }

  private static final class MeshPeerArgument implements HandlerMethodArgumentResolver {
    @Override
    public boolean supportsParameter(MethodParameter parameter) {
      return parameter.getParameterType() == MeshPeer.class;
    }

    @Override
    public @Nullable Object resolveArgument(
        MethodParameter parameter,
        @Nullable ModelAndViewContainer container,
        NativeWebRequest request,
        @Nullable WebDataBinderFactory binders) {
      return MeshPeer.current().orElse(null);
    }
  }
}
