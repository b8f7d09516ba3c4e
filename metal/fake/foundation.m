//go:build fakemetal && !darwin

// A tiny Foundation over the GNU runtime: reference counts, autorelease pools, strings and errors.
#import <Foundation/Foundation.h>
#include <stdlib.h>
#include <string.h>
#include "foundation.h"
#include "fake.h"

extern id class_createInstance(Class, size_t);
extern const char *object_getClassName(id);
extern id object_dispose(id);

static int live;
int fake_live(void) { return __atomic_load_n(&live, __ATOMIC_SEQ_CST); }

// Each thread has its own stack of pools, as on a Mac.
static __thread NSAutoreleasePool *innermost;

@implementation NSObject
+ (instancetype)alloc {
	__atomic_add_fetch(&live, 1, __ATOMIC_SEQ_CST);
	return class_createInstance(self, 0);
}
+ (instancetype)new { return [[self alloc] init]; }
+ (Class)class { return self; }
- (instancetype)init { return self; }
- (instancetype)retain {
	if (dead) fake_wrong("retain of a released %s", object_getClassName(self));
	__atomic_add_fetch(&references, 1, __ATOMIC_SEQ_CST);
	return self;
}
- (oneway void)release {
	if (dead) {
		fake_wrong("release of a released %s", object_getClassName(self));
		return;
	}
	if (__atomic_sub_fetch(&references, 1, __ATOMIC_SEQ_CST) < 0) [self dealloc];
}
- (instancetype)autorelease {
	if (!innermost) fake_wrong("autorelease of a %s with no pool", object_getClassName(self));
	[innermost add:self];
	return self;
}
- (void)dealloc {
	__atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST);
#if __has_feature(address_sanitizer)
	object_dispose(self); // ASan tells who still uses it
#else
	dead = YES;
#endif
}
@end

@implementation NSAutoreleasePool
- (instancetype)init {
	outer = innermost;
	innermost = self;
	return self;
}
- (void)add:(id)object {
	if (n == room) objects = realloc(objects, (room = 2 * room + 8) * sizeof *objects);
	objects[n++] = object;
}
- (void)drain {
	if (innermost != self) fake_wrong("a pool is drained that is not the innermost of its thread");
	innermost = outer;
	while (n) [objects[--n] release];
	free(objects);
	[self release];
}
@end

@implementation NSString
+ (instancetype)stringWithUTF8String:(const char *)text {
	NSString *s = [[self new] autorelease];
	s->text = strdup(text);
	return s;
}
- (const char *)UTF8String { return text; }
- (NSUInteger)length { return strlen(text); }
- (void)dealloc {
	free(text);
	[super dealloc];
}
@end

@implementation NSError
+ (instancetype)errorWithCode:(NSInteger)code text:(const char *)text {
	NSError *e = [[self new] autorelease];
	e->code = code;
	e->text = [[NSString stringWithUTF8String:text] retain];
	return e;
}
- (NSInteger)code { return code; }
- (NSString *)localizedDescription { return text; }
- (void)dealloc {
	[text release];
	[super dealloc];
}
@end

// The runtime keeps its tables of selectors for ever.
const char *__lsan_default_suppressions(void) { return "leak:objc_malloc\n"; }
