using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Authority.BuiltIn;
using ConnectAgent.TestKit.Authority;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>The provider <c>consul</c>.</summary>
public sealed class BuiltInProviderTests : CertificateProviderConformance
{
    private long _serial;

    internal override ICertificateProvider Create() => new BuiltInProvider(() => (ulong)Interlocked.Increment(ref _serial), Clock);
}

/// <summary>The fake that the manager's tests stand on behaves like the real ones.</summary>
public sealed class ScriptedProviderTests : CertificateProviderConformance
{
    private ScriptedProviderFactory? _factory;

    internal override ICertificateProvider Create() => (_factory ??= new ScriptedProviderFactory(Clock)).Create();
}
