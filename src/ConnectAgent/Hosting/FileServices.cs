using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Hosting;

/// <summary>Registers the services and checks that configuration files define, at the start and at each reload (services AG-29).</summary>
internal sealed class FileServices(LocalRegistry registry, CheckOptions checks)
{
    /// <summary>Puts them in the place of what the files defined before.</summary>
    /// <exception cref="ConfigurationException">One of them cannot be registered; nothing has changed.</exception>
    public async Task RegisterAsync(FileDefinitions definitions)
    {
        List<ServiceRegistration> services = [.. definitions.Services.Select(definition => Named("service", definition.Service.Name, () => Of(definition)))];
        List<RegisteredCheck> alone = [.. definitions.Checks.Select(check => Named("check", check.Name, () => Of(check)))];
        try
        {
            await registry.ReplaceFilesAsync(services, alone);
        }
        catch (ServerException error)
        {
            throw new ConfigurationException("Failed to register the services and checks of the configuration: " + error.Message);
        }
    }

    private static T Named<T>(string what, string name, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ServerException error)
        {
            throw new ConfigurationException($"Failed to register {what} {GoQuote.Of(name)}: {error.Message}");
        }
    }

    private ServiceRegistration Of(ServiceDefinition definition)
    {
        ServiceRules.Validate(definition);
        var registration = ServiceRegistration.Of(definition, definition.Token, isFromFile: true);
        foreach (var check in registration.Parts.SelectMany(static part => part.Checks))
        {
            checks.RequireAllowed(check.Definition, isFromFile: true);
        }

        return registration;
    }

    private RegisteredCheck Of(CheckRequest check)
    {
        checks.RequireAllowed(check.Definition, isFromFile: true);
        return RegisteredCheck.Of(CheckRules.Standalone(check), isNested: false, check.Token) with { IsFromFile = true };
    }
}
