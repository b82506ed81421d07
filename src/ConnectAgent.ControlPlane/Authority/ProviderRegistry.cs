using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The kinds of providers there are, by name.</summary>
internal sealed class ProviderRegistry(IEnumerable<ICertificateProviderFactory> factories)
{
    private readonly Dictionary<string, ICertificateProviderFactory> _factories = factories.ToDictionary(factory => factory.Name, StringComparer.Ordinal);

    /// <summary>Finds a kind; names compare with case (ca CA-32).</summary>
    /// <exception cref="ServerException">There is none.</exception>
    public ICertificateProviderFactory Find(string name) => _factories.GetValueOrDefault(name)
        ?? throw new ServerException(FailureKind.Failed, "could not initialize provider: unknown CA provider " + GoQuote.Of(name));

    public ICertificateProvider Create(string name) => Find(name).Create();
}
