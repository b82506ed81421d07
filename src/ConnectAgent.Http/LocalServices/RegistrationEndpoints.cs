using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Checks;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Registers services with this agent, and takes them back (services REG, SIDE, AG-1).</summary>
internal sealed class RegistrationEndpoints(
    LocalState state,
    LocalRegistry registry,
    IServerClient servers,
    AgentTokenOptions acl,
    CheckOptions checks,
    CheckRights checkRights,
    ILogger<RegistrationEndpoints> logger) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        var permission = Permission.Of(AclResource.Service, AclAccess.Write, "the service");
        routes.MapWire("/v1/agent/service/register", (HttpMethods.Put, permission, RegisterAsync));
        routes.MapWire("/v1/agent/service/deregister/", (HttpMethods.Put, permission, DeregisterAsync));
    }

    // The order of REG-3, in which the first failure answers.
    private async Task RegisterAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var definition = await RequestBody.ReadAsync(
            request, ServiceBodies.AgentService, RequestBody.Undecodable);
        ServiceRules.RequireName(definition);
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        definition = ServiceRules.WithDefaults(definition);
        ServiceRules.Validate(definition);
        var registration = ServiceRegistration.Of(
            definition, request.TokenToKeep(), replacesChecks: request.Query.Has("replace-existing-checks") && request.Query.First("replace-existing-checks") is "" or "true");
        await RequireWriteAsync(rights, registration, request.Aborted);
        if (registration.Sidecar?.Planned is { } sidecar)
        {
            // SIDE-9: under its own token, if it has one.
            var own = definition.Sidecar!.Token;
            await RequireWriteAsync(own.Length > 0 ? await servers.ResolveTokenAsync(own, request.Aborted) : rights, sidecar, request.Aborted);
        }

        foreach (var part in registration.Parts)
        {
            if (!ServiceRules.IsDnsName(part.Service.Name))
            {
                logger.NoDnsName(part.Service.Name);
            }

            foreach (var check in part.Checks)
            {
                checks.RequireAllowed(check.Definition, isFromFile: false);
            }
        }

        await registry.AddServiceAsync(registration, request.Aborted);
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    // REG-17.
    private async ValueTask RequireWriteAsync(TokenRights rights, ServiceRegistration registration, CancellationToken cancellationToken)
    {
        var (view, service) = (state.Current, registration.Service);
        await rights.RequireToWriteAsync(AclResource.Service, service.Name, cancellationToken);
        if (view.Service(service.Id) is { Stored.Name: var former } && former != service.Name)
        {
            await rights.RequireToWriteAsync(AclResource.Service, former, cancellationToken);
        }

        if (service is { Kind: ServiceKinds.ConnectProxy, Proxy: { } proxy })
        {
            await rights.RequireToWriteAsync(AclResource.Service, proxy.DestinationServiceName, cancellationToken);
        }

        // Nobody takes over the check of another one.
        foreach (var owner in registration.Checks.Select(check => view.Check(check.CheckId)?.Registered.ServiceId).OfType<string>().Where(owner => owner != service.Id))
        {
            await checkRights.RequireAsync(rights, view, owner, cancellationToken);
        }
    }

    private async Task DeregisterAsync(WireRequest request)
    {
        var id = request.Tail;
        if (id.Length == 0)
        {
            throw WireException.Failed("ServiceID missing");
        }

        request.RefuseNamespace();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        if (state.Current.Service(id) is { } service)
        {
            await rights.RequireToWriteAsync(AclResource.Service, service.Stored.Name, request.Aborted);
            await registry.RemoveServiceAsync(id, request.Aborted);
        }
        else if (acl.AreAclsOn)
        {
            throw new WireException(
                StatusCodes.Status404NotFound,
                $"Unknown service ID {GoQuote.Of(id)}. Ensure that the service ID is passed, not the service name.");
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}

// Event ids 3400-3499.
internal static partial class LocalServicesApiLog
{
    [LoggerMessage(
        3401, LogLevel.Warning, "Service name cannot be looked up in DNS, which takes letters, digits and dashes, 63 at most: service={Service}")]
    public static partial void NoDnsName(this ILogger logger, string service);
}
