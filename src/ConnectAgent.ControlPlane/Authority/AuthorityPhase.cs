using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>What the CA is doing; one thing at a time (ca CA-60).</summary>
internal sealed class AuthorityPhase
{
    private readonly Lock _gate = new();
    private Phase _current = Phase.Uninitialized;

    public enum Phase
    {
        Uninitialized,
        Initializing,
        Initialized,
        Renewing,
        Reconfiguring,
    }

    public Phase Current
    {
        get
        {
            lock (_gate)
            {
                return _current;
            }
        }
    }

    /// <summary>Begins an operation.</summary>
    /// <returns>Ends it: back to the former phase, unless <see cref="Operation.Succeed"/> was called before.</returns>
    /// <exception cref="ServerException">Another one runs, or this one does not follow from the present phase.</exception>
    public Operation Begin(Phase next)
    {
        lock (_gate)
        {
            var follows = (_current, next) switch
            {
                (Phase.Initialized, not Phase.Initializing) => true,
                (Phase.Uninitialized, Phase.Initializing or Phase.Reconfiguring) => true,
                _ => false,
            };
            if (!follows)
            {
                throw new ServerException(FailureKind.Failed, $"CA is already in state \"{_current.ToString().ToUpperInvariant()}\"");
            }

            var operation = new Operation(this, _current);
            _current = next;
            return operation;
        }
    }

    private void End(Phase phase)
    {
        lock (_gate)
        {
            _current = phase;
        }
    }

    internal sealed class Operation(AuthorityPhase owner, Phase former) : IDisposable
    {
        private Phase _after = former;

        public void Succeed() => _after = Phase.Initialized;

        public void Dispose() => owner.End(_after);
    }
}
