namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// The permissions of one intention, ready to be asked: the first whose conditions all hold decides; else the default does, and no other
/// intention (intentions L7-1, L7-2). Immutable.
/// </summary>
/// <remarks>
/// L7-3: what the destination speaks is not part of a match. The control plane takes permissions only for destinations that speak HTTP, and
/// refuses to take the protocol away while there are some (CE-12); so who can ask about a request terminates HTTP. A connection that is no
/// HTTP has no request to ask about: the plain authorize call denies it (AUTHZ-21).
/// </remarks>
internal sealed class PermissionSet
{
    private readonly Intention _intention;
    private readonly string _reason;
    private readonly PermissionRule[] _rules;
    private readonly IntentionDecision[] _decisions;
    private readonly bool _deniesPaths;

    /// <summary>Makes the permissions of an intention ready.</summary>
    /// <param name="intention">One with permissions.</param>
    /// <param name="reason">The reason of AUTHZ-21, which each decision starts with (L7-8).</param>
    public PermissionSet(Intention intention, string reason)
    {
        (_intention, _reason) = (intention, reason);
        var budget = new PermissionBudget();
        var permissions = intention.Permissions!;
        _rules = new PermissionRule[permissions.Count];
        _decisions = new IntentionDecision[permissions.Count];
        for (var i = 0; i < _rules.Length; i++)
        {
            var rule = _rules[i] = new PermissionRule(permissions[i], needsToken: intention.Jwt is not null, ref budget);
            _decisions[i] = new IntentionDecision(rule.Allows, $"{reason}, permission {i}: {Word(rule.Allows)}", intention)
            {
                Ground = DecisionGround.Permission,
                Permission = i,
            };
        }

        _deniesPaths = Array.Exists(_rules, static rule => rule.DeniesPath);
    }

    /// <summary>Positions of the permissions that cannot be evaluated as written, and so fail closed (L7-7).</summary>
    public IEnumerable<int> Unusable => Enumerable.Range(0, _rules.Length).Where(i => _rules[i].IsUnusable);

    public IntentionDecision Decide(HttpAttributes request, DefaultDecision fallback)
    {
        if ((request.PathProblem ?? (_deniesPaths ? request.DeniedPathProblem : null)) is { } problem)
        {
            return new IntentionDecision(allowed: false, $"{_reason}, ambiguous path: {problem}", _intention)
            {
                Ground = DecisionGround.AmbiguousPath,
            };
        }

        for (var i = 0; i < _rules.Length; i++)
        {
            if (_rules[i].Holds(request))
            {
                return _decisions[i];
            }
        }

        var allowed = fallback.Decision.Allowed;
        return new IntentionDecision(allowed, $"{_reason}, no permission matched, default: {Word(allowed)}", _intention)
        {
            Ground = DecisionGround.Default,
        };
    }

    private static string Word(bool allowed) => allowed ? "ALLOW" : "DENY";
}
