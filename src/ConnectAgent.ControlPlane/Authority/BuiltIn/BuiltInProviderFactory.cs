using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority.BuiltIn;

/// <summary>The provider <c>consul</c>: keys live in the state (ca section 3).</summary>
internal sealed class BuiltInProviderFactory(StateStore store, TimeProvider clock) : ICertificateProviderFactory
{
    public string Name => "consul";

    public string DisplayName => "Consul";

    public ICertificateProvider Create() => new BuiltInProvider(store.TakeSerial, clock);
}
